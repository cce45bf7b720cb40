import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import { DASHBOARD_URL } from '../../shared/pages';
import type { Checked } from '../../shared/result';
import type { Explanation } from '../../shared/tasks/explain';
import { checkOptions, must, numeric } from './parseOptions';

const LABEL = 'Minimum Balance';

export const minimumBalanceOption: INodeProperties = {
	displayName: 'Minimum Balance (USD)',
	name: 'minimumBalance',
	type: 'number',
	typeOptions: { minValue: 0, numberPrecision: 2 },
	default: 1,
	description:
		"If the account's balance is below this when the node starts, nothing is submitted. Adds one free request.",
};

const schema = z.lazy(() =>
	z.object({
		minimumBalance: numeric(
			z.number(must(LABEL, 'a number of USD')).min(0, must(LABEL, 'at least 0')),
		).optional(),
	}),
);

/** In USD; undefined where the user set none. */
export function readMinimumBalance(options: IDataObject): Checked<number | undefined> {
	const checked = checkOptions(schema, options);
	return checked.ok ? { ok: true, value: checked.value.minimumBalance } : checked;
}

/** Why nothing is submitted with this balance; both in USD. Undefined where it is high enough. */
export function balanceRefusal(balance: number, minimum: number): Explanation | undefined {
	if (balance >= minimum) return undefined;
	return {
		message: `The APIXO balance of USD ${balance} is below the 'Minimum Balance' of USD ${minimum}`,
		description: `Top up in the APIXO dashboard (${DASHBOARD_URL}), or lower 'Minimum Balance' in the options. Nothing was submitted for this item, and nothing was charged`,
	};
}
