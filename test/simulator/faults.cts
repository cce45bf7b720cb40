import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { jsonAnswer, textAnswer } from './answers.cts';
import type { Answer } from './answers.cts';
import type { Clock } from './clock.cts';
import type { Fault } from './plan.cts';
import type { Endpoint } from './requestLog.cts';

/** Faults waiting for the next requests, by endpoint. */
export class FaultQueue {
	private queues: Partial<Record<Endpoint, Fault[]>> = {};

	add(endpoint: Endpoint, faults: Fault[]): void {
		(this.queues[endpoint] ??= []).push(...faults);
	}

	take(endpoint: Endpoint): Fault | undefined {
		return this.queues[endpoint]?.shift();
	}

	clear(): void {
		this.queues = {};
	}
}

/** Whether the fault comes before the request has done anything. */
export function preventsWork(fault: Fault): boolean {
	if (fault.kind === 'drop') return true;
	const answersItself = fault.kind === 'http' || fault.kind === 'code' || fault.kind === 'garbage';
	return answersItself && !fault.afterAccept;
}

/** The answer that the fault gives instead of the real one, if it gives one. */
export function faultAnswer(fault: Fault): Answer | undefined {
	switch (fault.kind) {
		case 'code': {
			const { code, data } = fault;
			return jsonAnswer(200, { code, message: fault.message ?? `Error ${code}`, data });
		}
		case 'garbage':
			return textAnswer(
				200,
				'<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>',
				'text/html; charset=utf-8',
			);
		case 'http': {
			const { status, body } = fault;
			const headers = {
				...retryAfter(fault.retryAfterSeconds, fault.retryAfterDate ? 'date' : 'seconds'),
				...(fault.contentType !== undefined && { 'content-type': fault.contentType }),
			};
			if (typeof body === 'string') return textAnswer(status, body, 'text/html', headers);
			const envelope = { code: status, message: STATUS_CODES[status] ?? 'Error' };
			return jsonAnswer(status, body ?? envelope, headers);
		}
		default:
			return undefined;
	}
}

/** The Retry-After header; a date is rounded up, because it names whole seconds. */
export function retryAfter(
	realSeconds: number | undefined,
	as: 'seconds' | 'date' | 'none',
): Record<string, string> {
	if (realSeconds === undefined || as === 'none') return {};
	if (as === 'seconds') return { 'retry-after': String(Math.ceil(realSeconds)) };
	const atMs = Math.ceil(Date.now() / 1000 + realSeconds) * 1000;
	return { 'retry-after': new Date(atMs).toUTCString() };
}

const PIECE_BYTES = 64 * 1024;
/** A slow body comes in at least so many pieces. */
const SLOW_PIECES = 20;

/** Whether the client gets to see the answer's status; `fileCutOff`: the cut comes half way. */
export function showsStatus(fault: Fault | undefined, fileCutOff: boolean): boolean {
	return fault?.kind !== 'drop' && (fault?.kind !== 'dropAfterAccept' || fileCutOff);
}

/** Sends the answer, with what the fault does to it on the way. Resolves when that is over. */
export async function deliver(
	reply: FastifyReply,
	answer: Answer,
	clock: Clock,
	fault?: Fault,
	fileCutOff = false,
): Promise<void> {
	if (!showsStatus(fault, fileCutOff)) {
		destroy(reply);
		return;
	}
	const { length } = answer.body;
	if (fault?.kind === 'dropAfterAccept') {
		await sendInPieces(reply, answer, { upToBytes: Math.floor(length / 2) });
		destroy(reply);
		return;
	}
	if (fault?.kind === 'slow') {
		const pieceBytes = Math.max(1, Math.min(PIECE_BYTES, Math.ceil(length / SLOW_PIECES)));
		const pauseMs = (fault.seconds * 1000) / Math.max(1, Math.ceil(length / pieceBytes));
		await sendInPieces(reply, answer, { pieceBytes, pause: () => clock.sleepRealMs(pauseMs) });
		reply.raw.end();
		return;
	}
	if (fault?.kind === 'hang') {
		await clock.sleepRealMs(fault.seconds * 1000);
		// The client did not wait for it.
		if (reply.raw.destroyed) {
			reply.hijack();
			return;
		}
	}
	await reply
		.code(answer.status)
		.headers({ ...answer.headers, 'content-length': length })
		.send(Readable.from(answer.body.pieces(PIECE_BYTES), { objectMode: false }));
}

function destroy(reply: FastifyReply): void {
	reply.hijack();
	reply.raw.destroy();
}

interface Pace {
	pieceBytes?: number;
	upToBytes?: number;
	pause?: () => Promise<void>;
}

async function sendInPieces(reply: FastifyReply, answer: Answer, pace: Pace): Promise<void> {
	const { raw } = reply;
	reply.hijack();
	raw.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
	let leftBytes = pace.upToBytes ?? answer.body.length;
	for (const piece of answer.body.pieces(pace.pieceBytes ?? PIECE_BYTES)) {
		await pace.pause?.();
		if (leftBytes <= 0 || raw.destroyed) return;
		await write(raw, piece.subarray(0, leftBytes));
		leftBytes -= piece.length;
	}
}

/** Resolves when the piece has gone out, or can no more. */
async function write(raw: ServerResponse, piece: Buffer): Promise<void> {
	await new Promise<void>((resolve) => {
		raw.once('close', resolve);
		raw.write(piece, () => {
			raw.off('close', resolve);
			resolve();
		});
	});
}
