/**
 * Everything that this project claims of its speed, measured in one run and written to
 * benchmark/results/: schedules over all models of the catalogue, then comparisons in a real n8n
 * with what n8n has itself, then the package.
 *
 *     npm run benchmark                  all of it, some minutes
 *     npm run benchmark -- --schedules   only what needs no n8n
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { N8N_VERSION } from '../test/e2e/harness/install.cts';
import {
	callbackToNext,
	itemsTime,
	pollingLoops,
	triggerRate,
	withStage,
	type Measured,
} from './inN8n.cts';
import { loadTimeMs, packageSize } from './package.cts';
import { plotSchedules } from './plot.cts';
import { compareSchedules } from './schedules.cts';

const RESULTS = join(__dirname, 'results');
const SPREADS = [0.25, 0.1];
const ROUNDS = 3;
const ITEM_COUNTS = [1, 5, 20, 100, 500];
/** Of all tasks in n8n: the usual length of the model that they are of. */
const TASK_SECONDS = 12;
const DELIVERIES_A_ROUND = 200;

interface Target {
	what: string;
	target: string;
	measured: string;
	met: boolean;
}

const log = (line: string) => console.error(line);
const fixed = (value: number | undefined) => value?.toFixed(2) ?? '';
const round = (value: unknown) =>
	typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;

function atMost(what: string, value: number, most: number, unit = ''): Target {
	const met = value <= most;
	return { what, target: `at most ${most}${unit}`, measured: `${fixed(value)}${unit}`, met };
}

function atLeast(what: string, value: number, least: number): Target {
	return { what, target: `at least ${least}`, measured: fixed(value), met: value >= least };
}

function schedules() {
	return SPREADS.map((spread) => {
		const comparisons = compareSchedules(spread);
		const percent = `${spread * 100} %`;
		console.log(`\nPolls and delay over 44 models, lengths spread by ${percent}`);
		console.table(
			comparisons.map(({ schedule, polls, delaySeconds, limitSeconds, timesLimit }) => ({
				schedule,
				polls: fixed(polls),
				'delay (s)': fixed(delaySeconds),
				'limit (s)': fixed(limitSeconds),
				'times limit': fixed(timesLimit),
			})),
		);
		const title = `Polling 44 models, lengths spread by ${percent}`;
		write(`schedules-${spread * 100}-percent.svg`, plotSchedules(title, comparisons));
		return { spread, comparisons };
	});
}

async function inN8n() {
	return await withStage(
		TASK_SECONDS,
		async (stage) => {
			log('Callback to next node');
			const callback = await callbackToNext(stage, ROUNDS);
			log('Deliveries a second');
			const deliveries = await triggerRate(stage, ROUNDS, DELIVERIES_A_ROUND);
			log('Polling loops');
			const loops = await pollingLoops(stage, ROUNDS);
			log('Wall time of many items');
			const items = await itemsTime(stage, TASK_SECONDS, ITEM_COUNTS);
			return { callbackToNextMs: callback, deliveriesPerSecond: deliveries, loops, items };
		},
		log,
	);
}

function scheduleTargets(results: ReturnType<typeof schedules>): Target[] {
	const of = (spread: number, schedule: string) => {
		const { comparisons = [] } = results.find((result) => result.spread === spread) ?? {};
		const found = comparisons.find((comparison) => comparison.schedule === schedule);
		if (!found) throw new Error(`${schedule} was not measured`);
		return found;
	};
	const cold = of(0.25, 'adaptive, nothing learned');
	const learned = of(0.25, 'adaptive, after 20 tasks');
	const exact = of(0.1, 'adaptive, after 20 tasks');
	return [
		atMost('Polls, nothing learned', cold.polls, 8),
		atMost('Delay, nothing learned', cold.delaySeconds, 5, ' s'),
		atMost('Polls after 20 tasks', learned.polls, 8),
		atMost('Delay after 20 tasks', learned.delaySeconds, 2.4, ' s'),
		atMost('Polls after 20 tasks, 10 % spread', exact.polls, 8),
		atMost('Delay after 20 tasks, 10 % spread', exact.delaySeconds, 1, ' s'),
	];
}

const ratio = ({ ours, theirs }: { ours: Measured; theirs: Measured }) =>
	ours.median / theirs.median;

async function main(): Promise<void> {
	// An n8n that was started ends with this process; see n8n.cts.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	mkdirSync(RESULTS, { recursive: true });
	const compared = schedules();
	const targets = scheduleTargets(compared);
	write('schedules.json', json({ targets, schedules: compared }));
	if (process.argv.includes('--schedules')) return report(targets);

	const measures = await inN8n();
	const size = await packageSize();
	const loadMs = loadTimeMs(ROUNDS);
	const hundred = measures.items.find(({ items }) => items === 100);
	targets.push(
		atMost('100 items, times the longest task', hundred?.timesLongest ?? NaN, 1.1),
		atMost("Callback to next node, times n8n's Wait", ratio(measures.callbackToNextMs), 1.5),
		atLeast('Deliveries, times the Webhook node', ratio(measures.deliveriesPerSecond), 0.8),
		atMost('Loading both nodes', loadMs.median, 20, ' ms'),
		atMost('Package, packed', size.packedBytes / 1000, 90, ' kB'),
		atMost('Package, unpacked', size.unpackedBytes / 1000, 360, ' kB'),
	);
	report(targets);
	const machine = {
		cpu: `${cpus().length} x ${cpus()[0].model}`,
		memoryGigabytes: Math.round(totalmem() / 2 ** 30),
		node: process.version,
		n8n: N8N_VERSION,
	};
	const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
	const results = { version, machine, rounds: ROUNDS, targets, schedules: compared };
	const all = { ...results, inN8n: measures, package: { ...size, loadMs } };
	write('results.json', json(all));
}

function json(value: unknown): string {
	return `${JSON.stringify(value, (_, inner: unknown) => round(inner), '\t')}\n`;
}

function report(targets: Target[]): void {
	console.log('\nTargets');
	console.table(targets);
}

function write(name: string, text: string): void {
	writeFileSync(join(RESULTS, name), text);
}

main().catch((error: Error) => {
	console.error(error);
	process.exit(1);
});
