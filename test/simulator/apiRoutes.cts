import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError, z } from 'zod/v4';
import type { Account, Accounts, LowBalanceAs, RateLimit } from './accounts.cts';
import {
	ApiError,
	errorAnswer,
	invalidRequest,
	jsonAnswer,
	statusEnvelope,
	success,
} from './answers.cts';
import type { Answer, ErrorData } from './answers.cts';
import { isCallbackUrl } from './callbacks.cts';
import type { Clock } from './clock.cts';
import {
	deliver,
	didClientLeave,
	faultAnswer,
	preventsWork,
	retryAfter,
	showsStatus,
} from './faults.cts';
import type { AppliedFault, Faults } from './faults.cts';
import { fileAnswer } from './files.cts';
import { isKnownModel, priceUsd, submitExtra } from './models.cts';
import type { IndexedModel } from './models.cts';
import type { Fault } from './plan.cts';
import type { PlanBook } from './planBook.cts';
import { recordable } from './requestLog.cts';
import type { Endpoint, RecordedRequest, RequestLog } from './requestLog.cts';
import type { Task, TaskBook } from './tasks.cts';

/** What the API's endpoints work with. */
export interface World {
	readonly clock: Clock;
	readonly accounts: Accounts;
	readonly plans: PlanBook;
	readonly faults: Faults;
	readonly tasks: TaskBook;
	readonly log: RequestLog;
	/** What a test may change while the simulator runs. */
	readonly settings: Settings;
	/** `http://127.0.0.1:PORT`; known once it listens. */
	serverUrl(): string;
}

export interface Settings {
	lowBalanceAs: LowBalanceAs;
	errorData: ErrorData;
	rateLimit: RateLimit;
	models: IndexedModel[];
}

/** What an endpoint came to: an answer, and what is to go wrong with it. */
interface Outcome {
	answer: Answer;
	fault?: Fault;
}

/** `planned` tells an endpoint whether it may answer with a fault of the task's plan. */
type Work = (request: FastifyRequest, record: RecordedRequest, planned: boolean) => Outcome;

const LARGEST_BODY_BYTES = 10 * 1024 * 1024;
/** The longest prompt that any page of APIXO allows, characters. */
const LONGEST_PROMPT = 20_000;

/** Sets up everything that APIXO answers. */
export function addApiRoutes(server: FastifyInstance, world: World): void {
	const { clock, log, settings } = world;
	const records = new WeakMap<FastifyRequest, RecordedRequest>();

	const record = (request: FastifyRequest, endpoint: Endpoint): RecordedRequest => {
		const url = new URL(request.url, world.serverUrl());
		const { model, taskId } = request.params as { model?: string; taskId?: string };
		const entry: RecordedRequest = {
			endpoint,
			method: request.method,
			path: url.pathname,
			query: Object.fromEntries(url.searchParams),
			headers: { ...request.headers },
			model,
			taskId: taskId ?? url.searchParams.get('taskId') ?? undefined,
			atMs: Date.now(),
			atSimSeconds: clock.elapsedSeconds(),
		};
		records.set(request, entry);
		log.add(entry);
		return entry;
	};

	const answerError = async (request: FastifyRequest, reply: FastifyReply, error: ApiError) => {
		const entry = records.get(request) ?? record(request, 'other');
		entry.status = error.status;
		await deliver(reply, errorAnswer(error, settings.errorData), clock);
		return reply;
	};

	const endpoint = (method: 'GET' | 'POST', url: string, name: Endpoint, work: Work) =>
		server.route({
			method,
			url,
			bodyLimit: LARGEST_BODY_BYTES,
			onRequest: (request, reply, done) => {
				const entry = record(request, name);
				reply.raw.once('close', () => {
					const isStopping = !server.server.listening;
					if (didClientLeave(reply.raw) && !isStopping) entry.clientLeftAtMs = Date.now();
				});
				done();
			},
			handler: async (request, reply) => {
				const entry = records.get(request) as RecordedRequest;
				entry.body = recordable(request.body);
				const { answer, applied } = attempt(name, work, request, entry);
				entry.fault = applied?.fault.kind;
				const fileCutOff = name === 'file';
				if (showsStatus(applied?.fault, fileCutOff)) entry.status = answer.status;
				await deliver(reply, answer, clock, applied, fileCutOff);
				return reply;
			},
		});

	const attempt = (
		name: Endpoint,
		work: Work,
		request: FastifyRequest,
		entry: RecordedRequest,
	): { answer: Answer; applied?: AppliedFault } => {
		const given = world.faults.take(name);
		if (given && preventsWork(given.fault)) return { answer: instead(given.fault), applied: given };
		const { answer, fault } = tryTo(() => work(request, entry, !given));
		const applied = fault ? world.faults.planned(fault) : given;
		return { answer: (applied && faultAnswer(applied.fault)) ?? answer, applied };
	};

	const tryTo = (work: () => Outcome): Outcome => {
		try {
			return work();
		} catch (error) {
			if (error instanceof ApiError) return { answer: errorAnswer(error, settings.errorData) };
			throw error;
		}
	};

	endpoint('POST', '/api/v1/generateTask/:model', 'generateTask', (request, entry, planned) =>
		generate(world, request, entry, planned),
	);
	endpoint('GET', '/api/v1/statusTask/:model', 'statusTask', (request, _entry, planned) =>
		readStatus(world, request, planned),
	);
	endpoint('GET', '/api/v1/apikeys/current-balance', 'balance', (request) => ({
		answer: success(admit(world, request).balanceUsd),
	}));
	endpoint('GET', '/docs/models/schemas/index.json', 'schemaIndex', () => ({
		answer: jsonAnswer(200, {
			schema_version: '1',
			generated_at: new Date(clock.nowMs()).toISOString(),
			total_models: settings.models.length,
			models: settings.models,
		}),
	}));
	endpoint('GET', '/files/:taskId/:fileName', 'file', (request) => {
		const { taskId, fileName } = request.params as { taskId: string; fileName: string };
		return { answer: fileAnswer(world.tasks.find(taskId), fileName, clock.nowMs()) };
	});

	server.setNotFoundHandler(
		async (request, reply) => await answerError(request, reply, new ApiError(404, 'Not found')),
	);
	server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
		if (error.statusCode === 413) {
			return await answerError(request, reply, new ApiError(413, 'Request body is too large'));
		}
		if (error.statusCode !== undefined && error.statusCode < 500) {
			return await answerError(request, reply, invalidRequest(error.message));
		}
		return await answerError(request, reply, new ApiError(500, `Simulator: ${error.stack}`));
	});
}

/** An answer for a fault that has one; where none is sent, any will do. */
function instead(fault: Fault): Answer {
	return faultAnswer(fault) ?? jsonAnswer(200, {});
}

/** The account that asks, if it may: a valid key, with permission, within its rate. */
function admit({ accounts, clock, settings }: World, request: FastifyRequest): Account {
	const account = accounts.find(request.headers.authorization);
	if (!account) throw new ApiError(401, 'Invalid or missing API key');
	if (account.forbidden) {
		throw new ApiError(403, 'The API key lacks permission for this request', null);
	}
	const waitSeconds = accounts.overRate(account, settings.rateLimit);
	if (waitSeconds !== undefined) {
		throw tooMany(settings.rateLimit, clock.toRealMs(waitSeconds) / 1000);
	}
	return account;
}

function tooMany(limit: RateLimit, realSeconds: number): ApiError {
	const seconds = limit.retryAfterSeconds ?? Math.max(1, realSeconds);
	return new ApiError(429, 'Rate limit exceeded', null, retryAfter(seconds, limit.retryAfter));
}

const bodySchema = z.object({
	request_type: z.enum(['async', 'callback']).default('async'),
	callback_url: z.unknown(),
	input: z.record(z.string(), z.unknown()),
	provider: z.string().optional(),
});

function parseBody(body: unknown): z.infer<typeof bodySchema> {
	if (typeof body !== 'object' || body === null || !('input' in body)) {
		throw invalidRequest('Missing required field: input');
	}
	const parsed = bodySchema.safeParse(body);
	if (!parsed.success) {
		throw invalidRequest(`Invalid field: ${parsed.error.issues[0].path.join('.')}`);
	}
	checkInput(parsed.data.input);
	const { request_type, callback_url } = parsed.data;
	if (request_type === 'callback' && callback_url === undefined) {
		throw invalidRequest('Missing required field: callback_url');
	}
	if (request_type === 'callback' && !isCallbackUrl(callback_url)) {
		throw invalidRequest('Invalid field: callback_url must be a public HTTPS URL');
	}
	return parsed.data;
}

/** Checks what all models share. A prompt may be left out where there is other material. */
function checkInput(input: Record<string, unknown>): void {
	const { mode, prompt } = input;
	if (typeof mode !== 'string' || mode === '') {
		throw invalidRequest('Missing required field: input.mode');
	}
	const hasMaterial = Object.keys(input).some((name) => /_urls?$|(^|_)text$|_id$/i.test(name));
	if (prompt === '' || (prompt === undefined && !hasMaterial)) {
		throw invalidRequest('Missing required field: input.prompt');
	}
	if (prompt !== undefined && typeof prompt !== 'string') {
		throw invalidRequest('Invalid field: input.prompt must be a string');
	}
	if (prompt !== undefined && prompt.length > LONGEST_PROMPT) {
		throw invalidRequest(`Invalid field: input.prompt exceeds ${LONGEST_PROMPT} characters`);
	}
}

function generate(
	world: World,
	request: FastifyRequest,
	entry: RecordedRequest,
	planned: boolean,
): Outcome {
	const account = admit(world, request);
	const { model } = request.params as { model: string };
	if (!isKnownModel(model)) throw new ApiError(404, `Model not found: ${model}`);
	const body = parseBody(request.body);
	const submit = { model, input: body.input };
	const { plan, submitFault: fault } = choosePlan(world, submit, planned);
	if (fault && preventsWork(fault)) return { answer: instead(fault), fault };

	const { accounts, plans, settings, tasks } = world;
	const running = tasks.unfinished().filter(({ key }) => key === account.key).length;
	if (running >= settings.rateLimit.concurrentTasks) throw tooMany(settings.rateLimit, 1);
	const price = priceUsd(model);
	const canPay = account.balanceUsd >= price;
	if (!canPay && settings.lowBalanceAs === '402') {
		throw new ApiError(402, 'Insufficient balance, please top up', null);
	}
	if (!canPay && settings.lowBalanceAs === '400') {
		throw new ApiError(400, 'Insufficient credits', null);
	}
	if (canPay) accounts.charge(account, price);
	const task = tasks.create({
		key: account.key,
		model,
		input: body.input,
		requestBody: request.body,
		callbackUrl: body.request_type === 'callback' ? (body.callback_url as string) : undefined,
		plan: canPay ? plan : { ...plan, ...UNPAID },
	});
	plans.made(submit);
	entry.taskId = task.taskId;
	const extra = { ...submitExtra(model), ...plan.submitExtra };
	return { answer: success({ taskId: task.taskId, ...extra }), fault };
}

const UNPAID = {
	outcome: 'failed',
	failCode: 'INSUFFICIENT_CREDITS',
	failMsg: 'Insufficient credits',
} as const;

function choosePlan(
	world: World,
	submit: { model: string; input: Record<string, unknown> },
	planned: boolean,
) {
	try {
		return world.plans.choose(submit, planned);
	} catch (error) {
		if (error instanceof ZodError) {
			throw invalidRequest(`The plan for the simulator is none: ${z.prettifyError(error)}`);
		}
		throw error;
	}
}

function readStatus(world: World, request: FastifyRequest, planned: boolean): Outcome {
	const account = admit(world, request);
	const { model } = request.params as { model: string };
	const { taskId } = request.query as { taskId?: unknown };
	if (typeof taskId !== 'string' || taskId === '') {
		throw invalidRequest('Missing required parameter: taskId');
	}
	const task = world.tasks.find(taskId);
	if (!task || task.model !== model || task.key !== account.key) {
		throw new ApiError(404, 'Task not found', null);
	}
	const fault = planned ? task.plan.statusFaults?.[task.statusCalls] : undefined;
	task.statusCalls += 1;
	if (fault && preventsWork(fault)) return { answer: instead(fault), fault };
	return { answer: jsonAnswer(200, envelopeNow(world, task)), fault };
}

/** The status envelope of a task as it is now. */
export function envelopeNow(world: World, task: Task): object {
	return statusEnvelope(task, world.tasks.state(task), world.serverUrl());
}
