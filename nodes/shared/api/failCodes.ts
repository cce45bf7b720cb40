import { z } from 'zod/v4';

import { saysLowBalance } from './answers';
import data from './failCodes.json';

const failCodesSchema = z.array(
	z.strictObject({
		codes: z.array(z.string().min(1)).min(1),
		advice: z.string().min(1),
		/** Whether submitting the same input again may work, perhaps after a top-up. */
		sameInputMaySucceed: z.boolean(),
	}),
);

type FailCodeHint = z.infer<typeof failCodesSchema>[number];

/** APIXO's two vocabularies of fail codes (its pages "errors" and "error-codes"). */
const hints = new Map<string, FailCodeHint>(
	failCodesSchema.parse(data).flatMap((hint) => hint.codes.map((code) => [code, hint] as const)),
);

/** What to do about a fail code; undefined for one that no page names. */
export function adviceForFailCode(code: string | undefined): string | undefined {
	if (code === undefined) return undefined;
	const known = hints.get(code)?.advice;
	return known ?? (saysLowBalance(code) ? hints.get('INSUFFICIENT_CREDITS')?.advice : undefined);
}

/** True for codes that no page names: nothing says that trying again is useless. */
export function sameInputMaySucceed(code: string | undefined): boolean {
	return (code === undefined ? undefined : hints.get(code)?.sameInputMaySucceed) ?? true;
}
