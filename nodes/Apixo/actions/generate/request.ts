import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import {
	checkCallbackUrl,
	isLoopbackUrl,
	newNonce,
	signCallbackUrl,
	signingKey,
} from '../../../shared/callbacks/url';
import { defaultMode, findModel } from '../../../shared/models/catalogue';
import { coerceFormValues } from '../../editor/formValues';
import { otherCategoryNotice } from '../../editor/notices';
import { pollingFigures, safetyNetFigures } from '../../../shared/models/pollingFigures';
import { InputError } from '../../../shared/inputError';
import type { CatalogueModel } from '../../../shared/models/catalogueTypes';
import type { Category } from '../../../shared/models/categories';
import { joinMessages, validateRequest } from '../../../shared/models/validate';
import type { ApixoCredential } from '../../../shared/n8n/connection';
import type { NodeError } from '../../run/errors';
import { fingerprintOf } from '../../../shared/tasks/ledger';
import { fileLifetimeSeconds, readBinaryInputs, withFiles } from '../../options/binaryInputs';
import { readDelivery, type Delivery } from '../../options/resultFiles';
import type { ItemResults } from '../../run/itemResults';
import { readWaiting, type Waiting } from '../../options/waiting';

export type Completion = 'poll' | 'callback' | 'none';

/** What one input item asks for: checked, resolved, plain data. */
export interface GenerateRequest {
	itemIndex: number;
	model: string;
	input: Record<string, unknown>;
	provider?: string;
	completion: Completion;
	waiting: Waiting;
	delivery: Delivery;
	reference?: string;
	/** Signed, for APIXO to call. */
	callbackUrl?: string;
	fingerprint: string;
}

export interface ReadRequest {
	request: GenerateRequest;
	/** What the user should look at, as sentences: the request goes out all the same. */
	warnings: string[];
}

const MAX_HINTS = 5;
const NOTHING_SUBMITTED = 'Nothing was submitted for this item, and nothing was charged';

/** Reads the parameters of these items; what is wrong with an item goes into `results`. */
export function readRequests(
	context: IExecuteFunctions,
	credential: ApixoCredential,
	results: ItemResults,
	itemIndexes: number[] = [...context.getInputData().keys()],
): GenerateRequest[] {
	const requests: GenerateRequest[] = [];
	const warnings = new Set<string>();
	for (const itemIndex of itemIndexes) {
		try {
			const read = readRequest(context, itemIndex, credential);
			requests.push(read.request);
			read.warnings.forEach((warning) => warnings.add(warning));
		} catch (error) {
			results.fail(
				itemIndex,
				error instanceof InputError
					? new NodeOperationError(context.getNode(), error.message, {
							itemIndex,
							description: NOTHING_SUBMITTED,
						})
					: (error as NodeError),
			);
		}
	}
	const hints = [...warnings].slice(0, MAX_HINTS).map((message) => ({ message }));
	if (hints.length > 0) context.addExecutionHints(...hints);
	return requests;
}

/**
 * Reads an item's parameters.
 * @throws InputError, or NodeOperationError with the item's index, on the first input that is wrong
 */
export function readRequest(
	context: IExecuteFunctions,
	itemIndex: number,
	credential: ApixoCredential,
): ReadRequest {
	const refuse = (problem: string): never => {
		throw new NodeOperationError(context.getNode(), problem, {
			itemIndex,
			description: NOTHING_SUBMITTED,
		});
	};
	const category = context.getNodeParameter('resource', itemIndex) as Category;
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const model = String(
		context.getNodeParameter('model', itemIndex, '', { extractValue: true }) ?? '',
	).trim();
	if (model === '') refuse("'Model' is empty: choose one from the list or enter its ID");

	const entry = findModel(model);
	const completion = context.getNodeParameter('completion', itemIndex) as Completion;
	const figures = pollingFigures(entry, category);
	const waiting = readWaiting(
		options,
		completion === 'callback' ? safetyNetFigures(figures) : figures,
	);
	if (!waiting.ok) return refuse(waiting.error);
	const given = readInput(context, itemIndex, entry, refuse);
	const files = readBinaryInputs(context, itemIndex, {
		options,
		entry,
		baseUrl: credential.baseUrl,
		lifetimeSeconds: fileLifetimeSeconds(context.getInputData().length, waiting.value),
	});
	const input = withFiles(given, files);
	const naming =
		context.getNodeParameter('specifyInput', itemIndex, '') === 'json' ? 'api' : 'form';
	const { problems, warnings } =
		options.validateInput === false
			? { problems: [], warnings: [] }
			: validateRequest({ modelId: model, model: entry, input }, naming);
	if (problems.length > 0) refuse(joinMessages(problems));

	const delivery = readDelivery(options);
	if (!delivery.ok) return refuse(delivery.error);
	const provider = textOf(options.provider);
	const reference = textOf(context.getNodeParameter('reference', itemIndex, ''));
	const callback =
		completion === 'none'
			? readCallbackUrl(context, itemIndex, { model, reference }, credential, refuse)
			: undefined;
	return {
		request: {
			itemIndex,
			model,
			input,
			provider,
			completion,
			waiting: waiting.value,
			delivery: delivery.value,
			reference,
			callbackUrl: callback?.signedUrl,
			// The addresses of files differ from try to try, the files do not.
			fingerprint: fingerprintOf({ model, provider, input: given, files: files.ids }),
		},
		warnings: [
			otherCategoryNotice(entry, category),
			...files.warnings,
			...warnings.map(({ message }) => message),
			callback?.warning,
		].filter((warning) => warning !== undefined),
	};
}

function readCallbackUrl(
	context: IExecuteFunctions,
	itemIndex: number,
	claims: { model: string; reference?: string },
	credential: ApixoCredential,
	refuse: (problem: string) => never,
): { signedUrl: string; warning?: string } | undefined {
	const given = textOf(context.getNodeParameter('callbackUrl', itemIndex, ''));
	if (given === undefined) return undefined;
	const check = checkCallbackUrl(given, { allowLoopback: isLoopbackUrl(credential.baseUrl) });
	if (!check.ok) return refuse(check.error);
	try {
		const signedUrl = signCallbackUrl(
			check.value.url,
			{ ...claims, nonce: newNonce() },
			signingKey(credential),
		);
		return { signedUrl, warning: check.value.warning };
	} catch (error) {
		return refuse((error as Error).message);
	}
}

function readInput(
	context: IExecuteFunctions,
	itemIndex: number,
	entry: CatalogueModel | undefined,
	refuse: (problem: string) => never,
): Record<string, unknown> {
	const parameter = (name: string) => context.getNodeParameter(name, itemIndex, '');
	const mode = textOf(parameter('mode')) ?? defaultMode(entry);
	const prompt = textOf(parameter('prompt'));
	const further =
		parameter('specifyInput') === 'json'
			? readJson(parameter('inputJson'), refuse)
			: coerceFormValues(
					entry,
					((parameter('input') || {}) as { value?: IDataObject | null }).value ?? {},
				);
	return {
		...(mode !== undefined && { mode }),
		...(prompt !== undefined && { prompt }),
		...further,
	};
}

function readJson(json: unknown, refuse: (problem: string) => never): Record<string, unknown> {
	if (json === '' || json === null || json === undefined) return {};
	let value = json;
	if (typeof json === 'string') {
		try {
			value = JSON.parse(json);
		} catch (error) {
			refuse(`'Input (JSON)' is not valid JSON: ${(error as Error).message}`);
		}
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		return refuse('\'Input (JSON)\' must be a JSON object, such as { "aspect_ratio": "16:9" }');
	}
	return value as Record<string, unknown>;
}

function textOf(value: unknown): string | undefined {
	return value === undefined || value === null || value === '' ? undefined : String(value);
}
