import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { jsonAnswer, textAnswer } from './answers.cts';
import type { Answer } from './answers.cts';
import type { Clock } from './clock.cts';
import type { Fault } from './plan.cts';
import type { Endpoint } from './requestLog.cts';

/** Responses that a fault keeps open. */
class OpenResponses {
	private readonly responses = new Set<ServerResponse>();

	add(response: ServerResponse): void {
		this.responses.add(response);
		response.once('close', () => this.responses.delete(response));
	}

	/** Closes their connections. */
	close(): void {
		for (const response of this.responses) closeConnection(response);
	}
}

/** A fault of one request. */
export interface AppliedFault {
	fault: Fault;
	/** Takes what the fault keeps open until the outage ends or all faults are cleared. */
	open: OpenResponses;
}

interface Outage extends AppliedFault {
	cancelTimer?: () => void;
}

/** The faults that tests gave, by endpoint: outages, and those for the next requests. */
export class Faults {
	private readonly queues = new Map<Endpoint, Fault[]>();
	private readonly outages = new Map<Endpoint, Outage>();
	private readonly open = new OpenResponses();

	constructor(private readonly clock: Clock) {}

	/** Gives a fault to each of the next requests, in order. */
	add(endpoint: Endpoint, faults: Fault[]): void {
		this.queues.set(endpoint, [...(this.queues.get(endpoint) ?? []), ...faults]);
	}

	/** Gives the fault to every request, for that many real seconds or until `endOutage`. */
	startOutage(endpoint: Endpoint, fault: Fault, realSeconds?: number): void {
		this.endOutage(endpoint);
		const end = () => this.endOutage(endpoint);
		this.outages.set(endpoint, {
			fault,
			open: new OpenResponses(),
			cancelTimer:
				realSeconds === undefined ? undefined : this.clock.afterRealMs(realSeconds * 1000, end),
		});
	}

	endOutage(endpoint: Endpoint): void {
		const outage = this.outages.get(endpoint);
		this.outages.delete(endpoint);
		outage?.cancelTimer?.();
		outage?.open.close();
	}

	/** The fault of a request that has just come: of an outage, else the next one in the queue. */
	take(endpoint: Endpoint): AppliedFault | undefined {
		const outage = this.outages.get(endpoint);
		if (outage) return outage;
		const fault = this.queues.get(endpoint)?.shift();
		return fault && this.planned(fault);
	}

	/** A fault that belongs to no outage. */
	planned(fault: Fault): AppliedFault {
		return { fault, open: this.open };
	}

	clear(): void {
		this.queues.clear();
		for (const endpoint of [...this.outages.keys()]) this.endOutage(endpoint);
		this.open.close();
	}
}

/** Whether the fault comes instead of what the request asks for. */
export function preventsWork(fault: Fault): boolean {
	switch (fault.kind) {
		case 'drop':
			return true;
		case 'http':
		case 'code':
		case 'garbage':
		case 'silence':
			return !fault.afterAccept;
		default:
			return false;
	}
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
				fault.status ?? 200,
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
	switch (fault?.kind) {
		case 'drop':
		case 'silence':
			return false;
		case 'dropAfterAccept':
			return fileCutOff;
		default:
			return true;
	}
}

/** Sends the answer, with what the fault does to it on the way. Resolves when that is over. */
export async function deliver(
	reply: FastifyReply,
	answer: Answer,
	clock: Clock,
	applied?: AppliedFault,
	fileCutOff = false,
): Promise<void> {
	const { length } = answer.body;
	const fault = applied?.fault;
	switch (fault?.kind) {
		case 'drop':
			reply.hijack();
			return closeConnection(reply.raw);
		case 'dropAfterAccept':
			reply.hijack();
			if (fileCutOff) await sendInPieces(reply, answer, { upToBytes: Math.floor(length / 2) });
			return closeConnection(reply.raw);
		case 'silence':
			reply.hijack();
			return applied?.open.add(reply.raw);
		case 'slow': {
			const pieceBytes = Math.max(1, Math.min(PIECE_BYTES, Math.ceil(length / SLOW_PIECES)));
			const pauseMs = (fault.seconds * 1000) / Math.max(1, Math.ceil(length / pieceBytes));
			await sendInPieces(reply, answer, { pieceBytes, pause: () => clock.sleepRealMs(pauseMs) });
			reply.raw.end();
			return;
		}
		case 'drip':
			applied?.open.add(reply.raw);
			return await drip(reply, answer, () => clock.sleepRealMs(fault.seconds * 1000));
		case 'hang':
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

/** Node does not tell who closed a connection. */
const closedHere = new WeakSet<ServerResponse>();

function closeConnection(response: ServerResponse): void {
	closedHere.add(response);
	response.destroy();
}

/** Whether the client closed the connection of this closed response before it had all of it. */
export function didClientLeave(response: ServerResponse): boolean {
	return !response.writableFinished && !closedHere.has(response);
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

/** Sends the answer byte by byte, and then spaces for as long as the connection is open. */
async function drip(
	reply: FastifyReply,
	answer: Answer,
	pause: () => Promise<void>,
): Promise<void> {
	const { raw } = reply;
	reply.hijack();
	raw.writeHead(answer.status, answer.headers).flushHeaders();
	const bytes = answer.body.pieces(1)[Symbol.iterator]();
	while (!raw.destroyed) {
		await pause();
		await write(raw, bytes.next().value ?? Buffer.from(' '));
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
