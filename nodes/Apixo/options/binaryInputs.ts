import type { IBinaryData, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import { isLoopbackUrl } from '../../shared/callbacks/url';
import { fileAddressProblem, inputFileProblem } from '../../shared/media/inputFile';
import type { CatalogueModel } from '../../shared/models/catalogueSchema';
import type { Waiting } from './waiting';

const DAY_SECONDS = 24 * 60 * 60;
/** What a parked execution may be late by, and then some. */
const SLACK_SECONDS = 120;

export const binaryInputsOption: INodeProperties = {
	displayName: 'Binary Inputs',
	name: 'binaryInputs',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	placeholder: 'Add files',
	default: {},
	description:
		"Files of the item that go into the model's inputs. APIXO fetches them from this n8n, which must be reachable by https.",
	options: [
		{
			displayName: 'Files',
			name: 'values',
			values: [
				{
					displayName: 'Binary Property',
					name: 'binaryProperty',
					type: 'string',
					default: 'data',
					placeholder: 'e.g. data, data_1',
					description: 'Name of the binary property that holds the file; several with commas',
				},
				{
					displayName: 'Input',
					name: 'input',
					type: 'options',
					options: [
						{ name: 'Audio URLs', value: 'audio_urls' },
						{ name: 'Image URLs', value: 'image_urls' },
						{ name: 'Video URLs', value: 'video_urls' },
					],
					default: 'image_urls',
					description:
						'The input of the model that takes the files, after the URLs that it was given. An expression may name any input.',
				},
			],
		},
	],
};

const optionSchema = z.object({
	values: z
		.array(
			z.object({
				binaryProperty: z.unknown(),
				input: z.string("'Input' of 'Binary Inputs' must be the name of an input").trim().min(1),
			}),
		)
		.default([]),
});

/** An item's files as the addresses under which APIXO fetches them from this n8n. */
export interface BinaryInputs {
	/** In order, by the name of the input. */
	urls: Map<string, string[]>;
	/** Of the files, in order. Unlike the addresses the same each time. */
	ids: string[];
}

/**
 * Signs addresses for the files that the option names.
 * @param refuse ends the reading with a sentence for the user
 * @throws NodeOperationError of n8n where the item has no such binary property
 */
export function readBinaryInputs(
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
	refuse: (problem: string) => never,
): BinaryInputs {
	const parsed = optionSchema.safeParse(options.binaryInputs || {});
	if (!parsed.success) return refuse(parsed.error.issues[0].message);
	const read: BinaryInputs = { urls: new Map(), ids: [] };
	for (const { binaryProperty, input } of parsed.data.values) {
		const properties = listed(binaryProperty);
		if (properties.length === 0) refuse("'Binary Property' of 'Binary Inputs' is empty");
		for (const property of properties) {
			const file = context.helpers.assertBinaryData(itemIndex, property as string);
			const name = file.fileName ?? String(property);
			const known = entry?.inputs.find((candidate) => candidate.name === input);
			if (options.validateInput !== false) {
				const { mimeType, bytes } = file;
				const problem = inputFileProblem({ name, mimeType, bytes }, input, known);
				if (problem) refuse(problem);
			}
			const url = signedAddress(context, file, name, lifetimeSeconds, refuse);
			const problem = fileAddressProblem(url, name, { allowLoopback: isLoopbackUrl(baseUrl) });
			if (problem) refuse(problem);
			read.urls.set(input, [...(read.urls.get(input) ?? []), url]);
			read.ids.push(String(file.id));
		}
	}
	return read;
}

/** The model's input with the addresses of files behind the URLs that it was given. */
export function withFiles(
	input: Record<string, unknown>,
	{ urls }: BinaryInputs,
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
 * How long a signed address must live: until the last item's task is out of time, where items go
 * in waves, and a day more, for a retry of the node.
 */
export function fileLifetimeSeconds(
	itemCount: number,
	{ maxConcurrency, schedule }: Waiting,
): number {
	const waves = Math.ceil(itemCount / maxConcurrency);
	return DAY_SECONDS + waves * Math.ceil(schedule.timeoutSeconds + SLACK_SECONDS);
}

/** `data, data_1` as two; an expression may give a list, or a file of an earlier node itself. */
function listed(binaryProperty: unknown): unknown[] {
	if (Array.isArray(binaryProperty)) return binaryProperty;
	if (typeof binaryProperty !== 'string') return [binaryProperty];
	return binaryProperty
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '');
}

function signedAddress(
	context: IExecuteFunctions,
	file: IBinaryData,
	name: string,
	lifetimeSeconds: number,
	refuse: (problem: string) => never,
): string {
	const instead = 'or give the model a public URL of the file instead';
	if (typeof context.helpers.createBinarySignedUrl !== 'function') {
		return refuse(
			`This version of n8n cannot hand out the file '${name}' to APIXO. Update n8n, ${instead}.`,
		);
	}
	if (!file.id) {
		return refuse(
			`This n8n keeps the file '${name}' in memory and cannot hand it out to APIXO. Set N8N_DEFAULT_BINARY_DATA_MODE to filesystem and restart n8n, ${instead}.`,
		);
	}
	return context.helpers.createBinarySignedUrl(file, `${lifetimeSeconds}s`);
}
