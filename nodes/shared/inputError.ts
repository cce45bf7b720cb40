import type { Checked } from './result';

/**
 * An input that cannot be used, with a message that tells the user why and what to do. Thrown by the
 * functions that read an item's parameters, and turned into that item's error in one place.
 */
export class InputError extends Error {}

/**
 * The value of a check.
 * @throws InputError with the message of a check that failed
 */
export function valueOf<T>(checked: Checked<T>): T {
	if (!checked.ok) throw new InputError(checked.error);
	return checked.value;
}
