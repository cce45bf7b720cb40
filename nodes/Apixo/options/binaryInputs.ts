import type { IBinaryData, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import { isLoopbackUrl } from '../../shared/callbacks/url';
import { InputError } from '../../shared/inputError';
import { checkInputFile, fileUrlProblem } from '../../shared/media/inputFile';
import type { CatalogueModel } from '../../shared/models/catalogueTypes';
import { CATEGORIES } from '../../shared/models/categories';
import { LATE_BY_SECONDS } from '../../shared/n8n/pauseSupport';
import type { Waiting } from './waiting';

const DAY_SECONDS = 24 * 60 * 60;

export const binaryInputsOption: INodeProperties = {
	displayName: 'Input Files',
	name: 'binaryInputs',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	placeholder: 'Add files',
	default: { values: [{ binaryProperty: 'data', input: 'image_urls' }] },
	description:
		'Binary files of the item to use as inputs of the model. APIXO downloads them from n8n, which must be reachable over HTTPS.',
	options: [
		{
			displayName: 'Files',
			name: 'values',
			values: [
				{
					displayName: 'Input Binary Field',
					name: 'binaryProperty',
					type: 'string',
					default: 'data',
					placeholder: 'e.g. data, data_1',
					description:
						'Name of the binary field that contains the file. Separate multiple names with commas.',
				},
				{
					displayName: 'Input',
					name: 'input',
					type: 'options',
					options: CATEGORIES.map(({ name, mediaType }) => ({
						name: `${name} URLs`,
						value: `${mediaType}_urls`,
					})),
					default: 'image_urls',
					description:
						'Model input that receives the files. They are added after any URLs you entered. Use an expression for any other input.',
				},
			],
		},
	],
};

const optionSchema = z.lazy(() =>
	z.object({
		values: z
			.array(
				z.object({
					binaryProperty: z.unknown(),
					input: z.string("'Input' of 'Input Files' must be the name of an input").trim().min(1),
				}),
			)
			.default([]),
	}),
);

/** An item's files as the URLs under which APIXO downloads them from this n8n. */
export interface BinaryInputs {
	/** In order, by the name of the input. */
	urls: Map<string, string[]>;
	/** What the user should know of the files: the request is sent all the same. */
	warnings: string[];
}

/**
 * Signs URLs for the files that the option names.
 * @throws InputError where the option or a file cannot be used, or APIXO could not download it
 * @throws NodeOperationError of n8n where the item has no such binary property
 */
export async function readBinaryInputs(
	context: IExecuteFunctions,
	itemIndex: number,
	{
		options,
		entry,
		baseUrl,
		lifetimeSeconds,
	}: {
		options: IDataObject;
		entry: CatalogueModel | undefined;
		baseUrl: string;
		lifetimeSeconds: number;
	},
): Promise<BinaryInputs> {
	const parsed = optionSchema.safeParse(options.binaryInputs || {});
	if (!parsed.success) throw new InputError(parsed.error.issues[0].message);
	const inputs: BinaryInputs = { urls: new Map(), warnings: [] };
	for (const { binaryProperty, input } of parsed.data.values) {
		const properties = namedIn(binaryProperty);
		if (properties.length === 0)
			throw new InputError("'Input Binary Field' of 'Input Files' is empty");
		for (const property of properties) {
			const given = context.helpers.assertBinaryData(itemIndex, property as string);
			const name = given.fileName ?? String(property);
			if (options.validateInput !== false) {
				const { mimeType, bytes } = given;
				const { problem, warning } = checkInputFile({ name, mimeType, bytes }, input, entry);
				if (problem) throw new InputError(problem);
				if (warning) inputs.warnings.push(warning);
			}
			const file = await lastingFile(context, given);
			const url = signedUrl(context, file, name, lifetimeSeconds);
			const problem = fileUrlProblem(url, name, { allowLoopback: isLoopbackUrl(baseUrl) });
			if (problem) throw new InputError(problem);
			inputs.urls.set(input, [...(inputs.urls.get(input) ?? []), url]);
		}
	}
	return inputs;
}

/** The model's input with the URLs of files added to those that it was given. */
export function withFiles(
	input: Record<string, unknown>,
	{ urls }: Pick<BinaryInputs, 'urls'>,
): Record<string, unknown> {
	const filled = [...urls].map(([name, added]) => {
		const given = input[name] ?? [];
		return [
			name,
			[...(Array.isArray(given) ? given : [given]), ...added].filter((url) => url !== ''),
		];
	});
	return { ...input, ...Object.fromEntries(filled) };
}

/**
 * How long a signed URL must be valid: until the last item's task is out of time, where items go
 * in waves, and a day more, for a retry of the node.
 */
export function fileLifetimeSeconds(
	itemCount: number,
	{ maxConcurrency, schedule }: Waiting,
): number {
	const waves = Math.ceil(itemCount / maxConcurrency);
	return DAY_SECONDS + waves * Math.ceil(schedule.timeoutSeconds + LATE_BY_SECONDS);
}

/** `data, data_1` as two; an expression may give a list, or a file of an earlier node itself. */
function namedIn(binaryProperty: unknown): unknown[] {
	if (Array.isArray(binaryProperty)) return binaryProperty;
	if (typeof binaryProperty !== 'string') return [binaryProperty];
	return binaryProperty
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
}

/** Where n8n puts the files of a webhook or form, which come before there is an execution. */
const UPLOADED = /[/]executions[/]temp[/]/;

/**
 * The file, or a copy of it: n8n renames an uploaded file when the execution pauses or ends, and
 * APIXO may come later than that.
 */
async function lastingFile(
	{ helpers }: IExecuteFunctions,
	file: IBinaryData,
): Promise<IBinaryData> {
	if (file.id === undefined || !UPLOADED.test(file.id)) return file;
	const stream = await helpers.getBinaryStream(file.id);
	return await helpers.prepareBinaryData(stream, file.fileName, file.mimeType);
}

/** @throws InputError where this n8n cannot sign a URL for the file */
function signedUrl(
	context: IExecuteFunctions,
	file: IBinaryData,
	name: string,
	lifetimeSeconds: number,
): string {
	const instead = 'or give the model a public URL of the file instead';
	if (typeof context.helpers.createBinarySignedUrl !== 'function') {
		throw new InputError(
			`This version of n8n can't give APIXO access to the file '${name}'. Update n8n, ${instead}.`,
		);
	}
	if (!file.id) {
		throw new InputError(
			`n8n keeps the file '${name}' in memory, so APIXO can't download it. Set N8N_DEFAULT_BINARY_DATA_MODE to filesystem (in queue mode: to database) and restart n8n, ${instead}.`,
		);
	}
	return context.helpers.createBinarySignedUrl(file, `${lifetimeSeconds}s`);
}
