import type {
	IBinaryData,
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { downloadFiles, type DownloadHealth } from '../../shared/media/download';
import { explainLostDownload } from '../../shared/media/explainLostDownload';
import type { Connection } from '../../shared/n8n/connection';
import type { Result } from '../../shared/result';
import type { createSlots } from '../../shared/tasks/concurrency';
import type { Explanation } from '../../shared/tasks/explain';
import type { TaskOutput } from '../../shared/tasks/output';
import { BYTES_PER_MEGABYTE } from '../../shared/units';
import type { ResultFiles } from '../options/resultFiles';

const MAX_SHOWN_LENGTH = 1_000;

/** What downloading needs of a run. */
export type FileAccess = Pick<Connection, 'transport' | 'timing'> & {
	/** Bounds how many files the run downloads at once. */
	downloadSlots: ReturnType<typeof createSlots>;
	downloadHealth: DownloadHealth;
	/** Unix ms at which downloads end. */
	latestMs?: number;
};

/** An error with the files that were downloaded nevertheless. */
export interface OutputItemsError {
	explanation: Explanation;
	binary?: IBinaryKeyData;
}

/**
 * A task's output as n8n's items, with its files where they are wanted. A task without files gives
 * one item. Rejects only when the run is cancelled.
 */
export async function outputItems(
	context: IExecuteFunctions,
	{ transport, timing, downloadSlots, downloadHealth, latestMs }: FileAccess,
	output: TaskOutput,
	wanted: ResultFiles,
): Promise<Result<INodeExecutionData[], OutputItemsError>> {
	const { resultUrls, state, completeTime } = output;
	if (!wanted.downloadResults || state !== 'success') {
		return { ok: true, value: toItems(output, wanted, []) };
	}
	if (resultUrls.length === 0) return { ok: false, error: { explanation: explainNoFiles(output) } };
	const downloads = await downloadFiles(resultUrls, {
		transport,
		timing,
		completeTime,
		inTurn: downloadSlots,
		health: downloadHealth,
		latestMs,
		maxBytes: wanted.maxFileSize * BYTES_PER_MEGABYTE,
		store: async (stream, fileName, mimeType) =>
			await context.helpers.prepareBinaryData(stream, fileName, mimeType),
	});
	if (downloads.ok) return { ok: true, value: toItems(output, wanted, downloads.value) };
	const { files, lost } = downloads.error;
	const explanation = explainLostDownload(output, lost, timing.now());
	return { ok: false, error: { explanation, binary: toBinary(wanted.binaryProperty, files) } };
}

function explainNoFiles({ taskId, model = '', state, result }: TaskOutput): Explanation {
	const shown = (JSON.stringify(result) ?? 'nothing').slice(0, MAX_SHOWN_LENGTH);
	return {
		message: `The task succeeded, but its result names no files to download (task ${taskId})`,
		description: `The result is ${shown}. To get it as data, turn off 'Download Results', or use resource Task, operation Get`,
		task: { taskId, model, state },
	};
}

function toItems(
	output: TaskOutput,
	{ outputMode, binaryProperty, simplify = false }: ResultFiles,
	files: IBinaryData[],
): INodeExecutionData[] {
	const { resultUrls } = output;
	const json = simplify ? simplified(output) : output;
	if (outputMode === 'file' && resultUrls.length > 0) {
		return resultUrls.map((url, index) => ({
			json: { ...json, resultUrls: [url] },
			...(files[index] && { binary: { [binaryProperty]: files[index] } }),
		}));
	}
	const binary = toBinary(binaryProperty, files);
	return [{ json, ...(binary && { binary }) }];
}

/** What identifies a task and its result, without how it came about. */
const DETAILS = ['result', 'createTime', 'completeTime', 'costTime', 'deliveredBy'];

function simplified(output: TaskOutput): IDataObject {
	return Object.fromEntries(Object.entries(output).filter(([name]) => !DETAILS.includes(name)));
}

/** By position of the file: `data`, `data_1` and so on; undefined where there is none. */
function toBinary(
	property: string,
	files: Array<IBinaryData | undefined>,
): IBinaryKeyData | undefined {
	const named = files.flatMap((file, index) =>
		file
			? [[index === 0 ? property : `${property}_${index}`, file] satisfies [string, IBinaryData]]
			: [],
	);
	return named.length > 0 ? Object.fromEntries(named) : undefined;
}
