import { saysLowBalance } from './answers';
import data from './failCodes.json';

interface FailCodeHint {
	/** As APIXO's pages name them. */
	codes: string[];
	/** Names the rest of the family: a regular expression, whatever the case. */
	pattern?: string;
	advice?: string;
	/** Whether submitting the same input again may work, perhaps after a top-up. */
	sameInputMaySucceed: boolean;
}

const hints: FailCodeHint[] = data;

/** APIXO's two vocabularies of fail codes (its pages "errors" and "error-codes"). */
const exact = new Map(hints.flatMap((hint) => hint.codes.map((code) => [code, hint] as const)));

/** For codes that no page names. The first family that fits counts. */
const families = hints.flatMap((hint) =>
	hint.pattern === undefined ? [] : [{ hint, pattern: new RegExp(hint.pattern, 'i') }],
);

function hintFor(code: string): FailCodeHint | undefined {
	if (exact.has(code)) return exact.get(code);
	if (saysLowBalance(code)) return exact.get('INSUFFICIENT_CREDITS');
	return families.find(({ pattern }) => pattern.test(code))?.hint;
}

/** What to do about a fail code; undefined for one that nothing is known about. */
export function adviceForFailCode(code: string | undefined): string | undefined {
	return code === undefined ? undefined : hintFor(code)?.advice;
}

/**
 * Whether a task that failed so may be submitted, and paid for, again with the same input. Only
 * where the code says that the reason passes: the wrong guess costs money, the other one a click.
 */
export function sameInputMaySucceed(code: string | undefined): boolean {
	return code !== undefined && (hintFor(code)?.sameInputMaySucceed ?? false);
}
