/** Before this there was no APIXO, so that an earlier time is in another unit. */
const MIN_TIME_MS = Date.UTC(2020, 0, 1);

/** Whether one of APIXO's unchecked times is in ms; some APIs count in seconds. */
export function isUnixMs(time: unknown): time is number {
	return typeof time === 'number' && time >= MIN_TIME_MS;
}
