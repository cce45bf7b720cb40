import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isObject } from '../../../shared/api/json';
import {
	checkCallbackUrl,
	isLoopbackUrl,
	newNonce,
	signCallbackUrl,
	signingKey,
} from '../../../shared/callbacks/url';
import { InputError, valueOf } from '../../../shared/inputError';
import { givenUrlProblem } from '../../../shared/media/inputFile';
import { findModel } from '../../../shared/models/catalogue';
import type { CatalogueModel } from '../../../shared/models/catalogueTypes';
import type { Category } from '../../../shared/models/categories';
import { pollingFigures, safetyNetFigures } from '../../../shared/models/pollingFigures';
import {
	joinMessages,
	namerOf,
	validateRequest,
	validateSendable,
} from '../../../shared/models/validate';
import type { ApixoCredential } from '../../../shared/n8n/connection';
import type { Result } from '../../../shared/result';
import type { Explanation } from '../../../shared/tasks/explain';
import { learnedLengths } from '../../../shared/tasks/learnedLengths';
import type { PollSchedule } from '../../../shared/tasks/schedule';
import { PAUSE_FROM_SECONDS, type PausePlan, type Wait } from '../../decisions/pausePlan';
import type { TaskRequest } from '../../decisions/taskRequest';
import { coerceFormValues, withoutUnset } from '../../editor/formValues';
import { automaticMode } from '../../editor/modes';
import { otherCategoryNotice } from '../../editor/notices';
import { toExplanation } from '../../items/errors';
import { fingerprint } from '../../items/fingerprint';
import { fileLifetimeSeconds, readBinaryInputs, withFiles } from '../../options/binaryInputs';
import { readMinimumBalance } from '../../options/minimumBalance';
import { readResultFiles, type ResultFiles } from '../../options/resultFiles';
import { textIn } from '../../options/textIn';
import { readCompletion, readWaiting, type Completion, type Waiting } from '../../options/waiting';
import type { Session } from '../../run/session';

/** What one input item asks for: checked and resolved. */
export interface GenerateRequest {
	itemIndex: number;
	model: string;
	/** The mode that the input names. */
	mode?: string;
	input: Record<string, unknown>;
	provider?: string;
	completion: Completion;
	waiting: Waiting;
	/** The schedule, recomputed with what has been learned since the item was read. */
	scheduleNow: () => PollSchedule;
	/** When to poll although APIXO will call back. */
	safetyNet: PollSchedule;
	usualSeconds: number;
	files: ResultFiles;
	reference?: string;
	/** Of a node that does not wait: signed, for APIXO to call. */
	callbackUrl?: string;
	fingerprint: string;
	/** In USD: below it nothing is submitted. */
	minimumBalance?: number;
	/** What the user should know, as sentences; the request is sent all the same. */
	warnings: string[];
}

/** The ways to wait for a task that the node submits. */
export const COMPLETIONS = ['auto', 'poll', 'callback', 'none'] as const;

const NOTHING_PAID = 'Nothing was submitted for this item, and nothing was charged';

/** Reads an item's parameters; an error of any class is the item's, and costs nothing. */
export async function readItem(
	context: IExecuteFunctions,
	itemIndex: number,
	session: Pick<Session, 'credential' | 'timing'>,
): Promise<Result<GenerateRequest, Explanation>> {
	try {
		return { ok: true, value: await readRequest(context, itemIndex, session) };
	} catch (error) {
		const { description, ...explanation } = toExplanation(error);
		return {
			ok: false,
			error: {
				...explanation,
				description: [description, NOTHING_PAID].filter(Boolean).join('. '),
			},
		};
	}
}

/** @throws InputError, or n8n's error of an expression, on the first input that is wrong */
async function readRequest(
	context: IExecuteFunctions,
	itemIndex: number,
	{ credential, timing }: Pick<Session, 'credential' | 'timing'>,
): Promise<GenerateRequest> {
	const parameter = (name: string) => context.getNodeParameter(name, itemIndex, '');
	const category = parameter('resource') as Category;
	const options = context.getNodeParameter('options', itemIndex, {}) as IDataObject;
	const model = textIn(
		'Model',
		context.getNodeParameter('model', itemIndex, '', { extractValue: true }),
	)?.trim();
	if (model === undefined) {
		throw new InputError("'Model' is empty: choose one from the list or enter its ID");
	}
	const entry = findModel(model);
	const figures = pollingFigures(entry, category);
	const completion = valueOf(readCompletion(parameter('completion') || 'auto', COMPLETIONS));
	const safetyNet = valueOf(readWaiting(options, safetyNetFigures(figures)));
	const { input, warnings } = await readInput(context, itemIndex, {
		model,
		entry,
		options,
		baseUrl: credential.baseUrl,
		fileLifetimeSeconds: fileLifetimeSeconds(context.getInputData().length, safetyNet),
	});
	const mode = typeof input.mode === 'string' ? input.mode : undefined;
	const kind = { baseUrl: credential.baseUrl, model, mode };
	const waiting = () => {
		const learned = { seconds: learnedLengths.of(kind), random: timing.random() };
		return valueOf(readWaiting(options, figures, learned));
	};
	const files = valueOf(readResultFiles(options));
	const provider = textIn('Provider', options.provider);
	const reference = textIn('Reference', parameter('reference'));
	const callback =
		completion === 'none'
			? readCallbackUrl(parameter('callbackUrl'), { model, reference }, credential)
			: undefined;
	return {
		itemIndex,
		model,
		input,
		provider,
		completion,
		waiting: waiting(),
		scheduleNow: () => waiting().schedule,
		mode,
		safetyNet: safetyNet.schedule,
		usualSeconds: figures.usualSeconds,
		files,
		reference,
		callbackUrl: callback?.signedUrl,
		fingerprint: requestFingerprint(context, itemIndex),
		minimumBalance: valueOf(readMinimumBalance(options)),
		warnings: [otherCategoryNotice(entry, category), ...warnings, callback?.warning].filter(
			(warning) => warning !== undefined,
		),
	};
}

/** Parameters that make a task what it is; how it is waited for does not matter. */
const REQUEST_PARAMETERS = [
	'resource',
	'model',
	'mode',
	'prompt',
	'specifyInput',
	'input',
	'inputJson',
];
const REQUEST_OPTIONS = ['provider', 'binaryInputs'];

/**
 * Tells an item's request from a changed one, also in another execution that retries this one. Made
 * of the parameters as they stand, since an expression (`$now`, a random seed) may give another
 * value each time, and of the item.
 */
export function requestFingerprint(context: IExecuteFunctions, itemIndex: number): string {
	const { parameters } = context.getNode();
	const { model, input }: Record<string, unknown> = parameters;
	return fingerprintOf(context, itemIndex, {
		...parameters,
		// What else they hold is the editor's, which writes it anew when the node is opened and saved.
		model: isObject(model) ? model.value : model,
		input: isObject(input) ? withoutUnset(isObject(input.value) ? input.value : {}) : input,
	});
}

/** As 0.2.0 told it, whose executions may be retried: with what the editor adds. */
export function formerFingerprint(context: IExecuteFunctions, itemIndex: number): string {
	return fingerprintOf(context, itemIndex, context.getNode().parameters);
}

function fingerprintOf(
	context: IExecuteFunctions,
	itemIndex: number,
	parameters: Record<string, unknown>,
): string {
	const options = (parameters.options ?? {}) as IDataObject;
	const { json, binary } = context.getInputData()[itemIndex];
	const request = [
		REQUEST_PARAMETERS.map((name) => parameters[name]),
		REQUEST_OPTIONS.map((name) => options[name]),
		json,
		Object.entries(binary ?? {}).map(([name, { id, fileName, fileSize }]) => [
			name,
			// n8n renames the folder of an uploaded file when the execution ends; a retry comes later.
			id?.split('/').at(-1),
			fileName,
			fileSize,
		]),
	];
	return fingerprint(request);
}

/** What the plan for pauses must know of a request. */
export function waitOf({ completion, waiting, usualSeconds }: GenerateRequest): Wait {
	const { schedule, maxConcurrency } = waiting;
	return { completion, usualSeconds, schedule, maxConcurrency };
}

/** The request as it is submitted, once it is known whether APIXO can end a pause. */
export function toTaskRequest(request: GenerateRequest, plan: PausePlan): TaskRequest {
	const { itemIndex, model, mode, input, provider, fingerprint, completion, waiting, files } =
		request;
	const pauses =
		completion === 'callback' ||
		(completion === 'auto' && request.usualSeconds >= PAUSE_FROM_SECONDS);
	const callbackUrl = pauses ? plan.callbackUrl : request.callbackUrl;
	const { onTaskFailure, onTimeout } = waiting;
	return {
		itemIndex,
		model,
		fingerprint,
		body: {
			request_type: callbackUrl === undefined ? 'async' : 'callback',
			...(callbackUrl !== undefined && { callback_url: callbackUrl }),
			...(provider !== undefined && { provider }),
			input,
		},
		schedule: (isOfFormerExecution) =>
			pauses && callbackUrl !== undefined && !isOfFormerExecution
				? request.safetyNet
				: request.scheduleNow(),
		settings: { completion, files, onTaskFailure, onTimeout, reference: request.reference, mode },
	};
}

function readCallbackUrl(
	parameter: unknown,
	claims: { model: string; reference?: string },
	credential: ApixoCredential,
): { signedUrl: string; warning?: string } | undefined {
	const given = textIn('Callback URL', parameter);
	if (given === undefined) return undefined;
	const { url, warning } = valueOf(
		checkCallbackUrl(given, { allowLoopback: isLoopbackUrl(credential.baseUrl) }),
	);
	const signedUrl = signCallbackUrl(url, { ...claims, nonce: newNonce() }, signingKey(credential));
	return { signedUrl, warning };
}

/** The model's inputs, validated, with the URLs of the item's files among them. */
async function readInput(
	context: IExecuteFunctions,
	itemIndex: number,
	about: {
		model: string;
		entry: CatalogueModel | undefined;
		options: IDataObject;
		baseUrl: string;
		fileLifetimeSeconds: number;
	},
): Promise<{ input: Record<string, unknown>; warnings: string[] }> {
	const { model, entry, options, baseUrl } = about;
	const parameter = (name: string) => context.getNodeParameter(name, itemIndex, '');
	const prompt = textIn('Prompt', parameter('prompt'));
	const naming = parameter('specifyInput') === 'json' ? 'api' : 'form';
	const further =
		naming === 'api'
			? readJson(parameter('inputJson'))
			: coerceFormValues(
					entry,
					((parameter('input') || {}) as { value?: IDataObject | null }).value ?? {},
				);
	const lifetimeSeconds = about.fileLifetimeSeconds;
	const files = await readBinaryInputs(context, itemIndex, {
		options,
		entry,
		baseUrl,
		lifetimeSeconds,
	});
	const given = withFiles({ ...(prompt !== undefined && { prompt }), ...further }, files);
	const mode = textIn('Mode', parameter('mode')) ?? automaticMode(entry, given);
	const input = { ...(mode !== undefined && { mode }), ...given };
	const isValidated = options.validateInput !== false;
	const validate = isValidated ? validateRequest : validateSendable;
	const { problems, warnings } = validate({ modelId: model, model: entry, input }, naming);
	if (problems.length > 0) throw new InputError(joinMessages(problems));
	if (isValidated) {
		const allowLoopback = isLoopbackUrl(baseUrl);
		const problem = givenUrlProblem(input, namerOf(entry, naming), { allowLoopback });
		if (problem) throw new InputError(problem);
	}
	return { input, warnings: [...files.warnings, ...warnings.map(({ message }) => message)] };
}

function readJson(json: unknown): Record<string, unknown> {
	if (json === '' || json === null || json === undefined) return {};
	const value = typeof json === 'string' ? parseJson(json) : json;
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw new InputError(
			'\'Input (JSON)\' must be a JSON object, such as { "aspect_ratio": "16:9" }',
		);
	}
	return value as Record<string, unknown>;
}

function parseJson(json: string): unknown {
	try {
		return JSON.parse(json);
	} catch (error) {
		return notJson(error as Error);
	}
}

function notJson({ message }: Error): never {
	throw new InputError(`'Input (JSON)' is not valid JSON: ${message}`);
}
