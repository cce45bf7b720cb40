import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';
import { z } from 'zod/v4';

import { downloadFiles } from '../../shared/media/download';
import { explainLostDownload } from '../../shared/media/explainLostDownload';
import type { Explanation } from '../../shared/tasks/explain';
import type { TaskOutput } from '../../shared/tasks/output';
import type { Checked } from '../../shared/result';
import { checkOptions, must, numeric } from './parseOptions';
import type { Session } from '../run/session';

const DEFAULT_BINARY_PROPERTY = 'data';
const DEFAULT_MAX_FILE_MEGABYTES = 1024;
const BYTES_PER_MEGABYTE = 1024 * 1024;

/** How a task's files are handed on: options of every operation that gives out files. */
export const fileOptions: INodeProperties[] = [
	{
		displayName: 'Download Results Into',
		name: 'binaryProperty',
		type: 'string',
		default: DEFAULT_BINARY_PROPERTY,
		description: 'Binary property of the first file; further files get _1, _2 … behind its name',
	},
	{
		displayName: 'Max File Size (MB)',
		name: 'maxFileSize',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: DEFAULT_MAX_FILE_MEGABYTES,
		description: 'A larger file is not downloaded, and its item fails with all result URLs',
	},
	{
		displayName: 'Output Mode',
		name: 'outputMode',
		type: 'options',
		options: [
			{ name: 'One Item per Task', value: 'task' },
			{ name: 'One Item per File', value: 'file' },
		],
		default: 'task',
		description: 'Whether the files of a task come out together or each in an item of its own',
	},
];

/** The same, where downloading is a choice. */
export const deliveryOptions: INodeProperties[] = [
	{
		displayName: 'Download Results',
		name: 'downloadResults',
		type: 'boolean',
		default: false,
		description:
			'Whether to keep the files of a finished task as binary data. APIXO deletes them after 24 hours.',
	},
	...fileOptions.map((option) =>
		option.name === 'outputMode'
			? option
			: { ...option, displayOptions: { show: { downloadResults: [true] } } },
	),
];

const aName = must('Download Results Into', 'a name of letters, digits, _ and -, such as data');

const deliverySchema = z.object({
	downloadResults: z.boolean(must('Download Results', 'true or false')).default(false),
	binaryProperty: z
		.string(aName)
		.trim()
		.regex(/^[\p{L}_][\p{L}\p{N}_-]{0,99}$/u, aName)
		.default(DEFAULT_BINARY_PROPERTY),
	outputMode: z.enum(['task', 'file'], must('Output Mode', "'task' or 'file'")).default('task'),
	maxFileSize: numeric(
		z
			.number(must('Max File Size', 'a number of megabytes'))
			.positive(must('Max File Size', 'above 0 MB')),
	).default(DEFAULT_MAX_FILE_MEGABYTES),
});

/** What the user wants of a task's files. `maxFileSize` is in MB. */
export type Delivery = z.infer<typeof deliverySchema>;

/** The options that the user set, and the usual for the rest. */
export function readDelivery(options: IDataObject): Checked<Delivery> {
	return checkOptions(deliverySchema, options);
}

export type Delivered =
	| { ok: true; items: INodeExecutionData[] }
	| { ok: false; explanation: Explanation };

/**
 * A task's output as the node's output items, with its files where they are wanted: the last step
 * of every task. A task without files gives one item. Rejects only when the run is cancelled.
 */
export async function deliverItems(
	context: IExecuteFunctions,
	session: Session,
	output: TaskOutput,
	delivery: Delivery,
): Promise<Delivered> {
	const { resultUrls } = output;
	if (!delivery.downloadResults || resultUrls.length === 0) {
		return { ok: true, items: toItems(output, delivery, []) };
	}
	const { transport, timing, downloadSlots } = session;
	const downloads = await downloadFiles(resultUrls, {
		transport,
		timing,
		inTurn: downloadSlots,
		completeTime: output.completeTime,
		maxBytes: delivery.maxFileSize * BYTES_PER_MEGABYTE,
		store: async (stream, fileName, mimeType) =>
			await context.helpers.prepareBinaryData(stream, fileName, mimeType),
	});
	if (!downloads.ok) {
		return { ok: false, explanation: explainLostDownload(output, downloads.error.lost, timing.now()) };
	}
	return { ok: true, items: toItems(output, delivery, downloads.value) };
}

type Binary = NonNullable<INodeExecutionData['binary']>[string];

function toItems(
	output: TaskOutput,
	{ outputMode, binaryProperty }: Delivery,
	files: Binary[],
): INodeExecutionData[] {
	const { resultUrls } = output;
	if (outputMode === 'file' && resultUrls.length > 0) {
		return resultUrls.map((url, index) => ({
			json: { ...output, resultUrls: [url] },
			...(files[index] && { binary: { [binaryProperty]: files[index] } }),
		}));
	}
	const binary = files.map((file, index) => [
		index === 0 ? binaryProperty : `${binaryProperty}_${index}`,
		file,
	]);
	return [{ json: output, ...(files.length > 0 && { binary: Object.fromEntries(binary) }) }];
}
