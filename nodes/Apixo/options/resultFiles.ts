import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v4';

import type { Checked } from '../../shared/result';
import { checkOptions, must, numeric } from './parseOptions';

const DEFAULT_BINARY_PROPERTY = 'data';
const DEFAULT_MAX_FILE_MEGABYTES = 1024;

/** Options of every operation that outputs files. */
export const fileOptions: INodeProperties[] = [
	{
		displayName: 'Put Output File in Field',
		name: 'binaryProperty',
		type: 'string',
		default: DEFAULT_BINARY_PROPERTY,
		description:
			'Name of the binary field to put the first file in. Further files get the suffix _1, _2 and so on.',
	},
	{
		displayName: 'Max File Size (MB)',
		name: 'maxFileSize',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: DEFAULT_MAX_FILE_MEGABYTES,
		description:
			"Larger files aren't downloaded. Their item fails with an error that lists all result URLs.",
	},
	{
		displayName: 'Output',
		name: 'outputMode',
		type: 'options',
		options: [
			{ name: 'One Item per Task', value: 'task' },
			{
				name: 'One Item per File',
				value: 'file',
				description: 'The URL of the file is in resultUrls[0]',
			},
		],
		default: 'task',
		description: 'Whether to return all files of a task in one item or each file in its own item',
	},
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		// Whoever adds the option wants less. Without it the output is whole.
		default: true,
		description:
			'Whether to return a simplified version of the response instead of the raw data. Suits AI agents, which read every field.',
	},
];

/** The same for operations where downloading is a choice. */
export const resultFilesOptions: INodeProperties[] = [
	{
		displayName: 'Download Results',
		name: 'downloadResults',
		type: 'boolean',
		// Whoever adds the option wants the files. Without it nothing is downloaded.
		default: true,
		description:
			'Whether to download the generated files as binary data. APIXO deletes them after 24 hours.',
	},
	...fileOptions.map((option) =>
		['outputMode', 'simplify'].includes(option.name)
			? option
			: { ...option, displayOptions: { show: { downloadResults: [true] } } },
	),
];

const binaryPropertyError = must(
	'Put Output File in Field',
	'a name of letters, digits, _ and -, such as data',
);

const resultFilesSchema = z.lazy(() =>
	z.object({
		downloadResults: z.boolean(must('Download Results', 'true or false')).default(false),
		binaryProperty: z
			.string(binaryPropertyError)
			.trim()
			.regex(/^[\p{L}_][\p{L}\p{N}_-]{0,99}$/u, binaryPropertyError)
			.default(DEFAULT_BINARY_PROPERTY),
		outputMode: z.enum(['task', 'file'], must('Output', "'task' or 'file'")).default('task'),
		maxFileSize: numeric(
			z
				.number(must('Max File Size', 'a number of megabytes'))
				.positive(must('Max File Size', 'above 0 MB')),
		).default(DEFAULT_MAX_FILE_MEGABYTES),
		// Absent in the state of a run that an earlier version paused.
		simplify: z.boolean(must('Simplify', 'true or false')).optional(),
	}),
);

/** What the user wants of a task's files. `maxFileSize` is in MB. */
export type ResultFiles = z.infer<typeof resultFilesSchema>;

/** The options that the user set, and defaults otherwise. */
export function readResultFiles(options: IDataObject): Checked<ResultFiles> {
	return checkOptions(resultFilesSchema, options);
}
