import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { Accounts, DOCUMENTED_RATE_LIMIT } from './accounts.cts';
import type { LowBalanceAs, RateLimit } from './accounts.cts';
import { resultUrls } from './answers.cts';
import type { ErrorData } from './answers.cts';
import { addApiRoutes, envelopeNow } from './apiRoutes.cts';
import type { World } from './apiRoutes.cts';
import { Courier } from './callbacks.cts';
import type { CallbackByHand } from './callbacks.cts';
import { Clock } from './clock.cts';
import { addControlRoutes } from './controlRoutes.cts';
import { DEFAULT_TIMEOUT_MS, eventually } from '../support/eventually.cts';
import { Faults } from './faults.cts';
import { DEFAULT_INDEX } from './models.cts';
import type { IndexedModel } from './models.cts';
import { faultSchema, planMatchSchema, readFault, taskPlanSchema } from './plan.cts';
import type { Fault, FaultWords, PlanMatch, TaskPlan } from './plan.cts';
import { PlanBook } from './planBook.cts';
import { RequestLog } from './requestLog.cts';
import type { Endpoint, RecordedRequest, RequestFilter } from './requestLog.cts';
import { TaskBook } from './tasks.cts';
import type { DeliveryResult, Task } from './tasks.cts';

export { indexedModel } from './models.cts';
export type {
	CallbackByHand,
	DeliveryResult,
	Endpoint,
	ErrorData,
	Fault,
	FaultWords,
	IndexedModel,
	LowBalanceAs,
	PlanMatch,
	RateLimit,
	RecordedRequest,
	RequestFilter,
	TaskPlan,
};

export interface SimulatorOptions {
	/** Default: a free one. */
	port?: number;
	/**
	 * Simulated seconds a real second, default 1. Scales the length of tasks, the life of files,
	 * the schedule of callbacks and the minute of the rate limit; `createTime` and `completeTime`
	 * are simulated time, which starts at the real time. Faults, outages and Retry-After stay in
	 * real seconds.
	 */
	timeScale?: number;
	/** For every task, under what `plan` and the request itself say. */
	defaults?: TaskPlan;
	/** Of the key `sim-key`, default 100. */
	balanceUsd?: number;
	rateLimit?: Partial<RateLimit>;
	lowBalanceAs?: LowBalanceAs;
	errorData?: ErrorData;
	/** What the schema index lists. */
	models?: IndexedModel[];
	/**
	 * Real ms that a receiver of callbacks always has, however fast the clock runs, default 5,000:
	 * a real n8n needs its time.
	 */
	minAcknowledgeMs?: number;
}

/** A task as tests see it. */
export interface TaskView {
	taskId: string;
	model: string;
	/** Cut to text where it is over 64 kB, like `requestBody`. */
	input: unknown;
	/** Of the input; empty where it has none. */
	prompt: string;
	requestBody: unknown;
	/** The API key that paid. */
	key: string;
	state: string;
	/** Real time, Unix ms. */
	submittedAtMs: number;
	/** Real time, Unix ms; undefined until it is final. */
	finalAtMs?: number;
	/** Simulated ms from submit to final; undefined until it is final. */
	costTimeMs?: number;
	/** Where the files are, or will be. */
	resultUrls: string[];
	statusCalls: number;
	callbackUrl?: string;
	callbackAttempts: DeliveryResult[];
}

/** A running simulator of the APIXO API. */
export interface Simulator {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
	/** The base URL to put into a credential. */
	readonly baseUrl: string;
	/** A key that is valid from the start. */
	readonly apiKey: string;
	/** Adds a key, or gives an old one a new balance; a forbidden one gets 403 everywhere. */
	addKey(key: string, options?: { balanceUsd?: number; forbidden?: boolean }): void;
	/** How APIXO says that a balance is too low. */
	lowBalanceAs(guise: LowBalanceAs): void;
	/** How the `data` of error envelopes looks. */
	errorDataAs(form: ErrorData): void;
	/** Changes the rate limit of every key. */
	limitRate(limit: Partial<RateLimit>): void;
	/** What the schema index lists. */
	listModels(models: IndexedModel[]): void;
	/** What happens to the tasks that match; the newest plan that matches wins. Throws on a wrong plan. */
	plan(match: PlanMatch, plan: TaskPlan): void;
	/** What goes wrong with the next requests to an endpoint: one fault each, in order. */
	faultNext(endpoint: Endpoint, faults: Fault[]): void;
	/**
	 * Gives the fault to every request to an endpoint, before those of `faultNext` and of plans, for
	 * that many real seconds or until `endOutage`. Connections that it keeps open are then closed.
	 */
	outage(endpoint: Endpoint, fault: Fault | FaultWords, seconds?: number): void;
	/** Ends the outage of an endpoint, if there is one. Default: `statusTask`. */
	endOutage(endpoint?: Endpoint): void;
	/** All tasks, oldest first. */
	tasks(): TaskView[];
	/** How many tasks were made, and paid for, of each prompt. */
	submitsByPrompt(): Record<string, number>;
	/** Throws when there is no such task. */
	task(taskId: string): TaskView;
	/** The newest 20,000 requests, oldest first. */
	requests(filter?: RequestFilter): RecordedRequest[];
	/** How many requests came, by endpoint. */
	counts(): Record<Endpoint, number>;
	/** Sends callbacks by hand, now and without retries: duplicates, forgeries, early ones. */
	sendCallback(taskId: string, options?: CallbackByHand): Promise<DeliveryResult[]>;
	/** Makes a task final now; its callback follows. Default: as planned, else success. */
	finish(taskId: string, outcome?: 'success' | 'failed'): void;
	/** Resolves when all tasks are final (but those that never will be) and no callback is under way. */
	whenIdle(): Promise<void>;
	/** Resolves when the predicate holds; rejects after `timeoutMs` real ms, default 90,000. */
	until(predicate: (simulator: Simulator) => boolean, timeoutMs?: number): Promise<void>;
	/** Forgets tasks, requests, plans and faults, and sets balances and settings back. */
	reset(): void;
	/** Closes every connection and cancels every timer. */
	stop(): Promise<void>;
}

const API_KEY = 'sim-key';
const BALANCE_USD = 100;
const POLL_MS = 5;

/**
 * No route has a JSON schema, zod checks what comes in. Without these, fastify loads its own
 * compilers when it starts, and so late tsx on Node 20 fails to load them.
 */
const refuseSchema = () => () => {
	throw new Error('The routes of the simulator have no JSON schemas');
};
const NO_SCHEMA_COMPILERS = { buildValidator: refuseSchema, buildSerializer: refuseSchema };

/** Starts a simulator on loopback. Rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
	const clock = new Clock(options.timeScale ?? 1);
	const accounts = new Accounts(clock);
	accounts.add(API_KEY, options.balanceUsd ?? BALANCE_USD);
	const firstSettings = () => ({
		lowBalanceAs: options.lowBalanceAs ?? '402',
		errorData: options.errorData ?? 'documented',
		rateLimit: { ...DOCUMENTED_RATE_LIMIT, ...options.rateLimit },
		models: options.models ?? DEFAULT_INDEX,
	});
	const courier = new Courier(
		clock,
		(task) => envelopeNow(world, task),
		options.minAcknowledgeMs ?? 5_000,
	);
	const world: World = {
		clock,
		accounts,
		plans: new PlanBook(taskPlanSchema.parse(options.defaults ?? {})),
		faults: new Faults(clock),
		tasks: new TaskBook(clock, (task) => void courier.deliver(task)),
		log: new RequestLog(),
		settings: firstSettings(),
		serverUrl: () => url,
	};

	const server = fastify({
		forceCloseConnections: true,
		exposeHeadRoutes: false,
		schemaController: { compilersFactory: NO_SCHEMA_COMPILERS },
	});
	addApiRoutes(server, world);
	addControlRoutes(server, () => simulator);
	await server.listen({ host: '127.0.0.1', port: options.port ?? 0 });
	const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;

	let stopped = false;
	const find = (taskId: string): Task => {
		const task = world.tasks.find(taskId);
		if (!task) throw new Error(`The simulator has no task ${taskId}`);
		return task;
	};
	const isIdle = () =>
		courier.busy === 0 &&
		world.tasks.unfinished().every(({ plan: { outcome } }) => outcome === 'never');

	const simulator: Simulator = {
		url,
		baseUrl: `${url}/api/v1`,
		apiKey: API_KEY,
		addKey: (key, { balanceUsd = BALANCE_USD, forbidden } = {}) =>
			accounts.add(key, balanceUsd, forbidden),
		lowBalanceAs: (guise) => {
			world.settings.lowBalanceAs = guise;
		},
		errorDataAs: (form) => {
			world.settings.errorData = form;
		},
		limitRate: (limit) => Object.assign(world.settings.rateLimit, limit),
		listModels: (models) => {
			world.settings.models = models;
		},
		plan: (match, plan) =>
			world.plans.add(planMatchSchema.parse(match), taskPlanSchema.parse(plan)),
		faultNext: (endpoint, faults) => world.faults.add(endpoint, faultSchema.array().parse(faults)),
		outage: (endpoint, fault, seconds) =>
			world.faults.startOutage(endpoint, readFault(fault), seconds),
		endOutage: (endpoint = 'statusTask') => world.faults.endOutage(endpoint),
		tasks: () => world.tasks.list().map((task) => view(task, world)),
		submitsByPrompt: () => {
			const counts: Record<string, number> = {};
			for (const { prompt } of world.tasks.list()) counts[prompt] = (counts[prompt] ?? 0) + 1;
			return counts;
		},
		task: (taskId) => view(find(taskId), world),
		requests: (filter) => world.log.list(filter),
		counts: () => world.log.counts(),
		sendCallback: async (taskId, by = {}) => await courier.deliverByHand(find(taskId), by),
		finish: (taskId, outcome) => {
			const task = find(taskId);
			const planned = task.plan.outcome === 'failed' ? 'failed' : 'success';
			world.tasks.finish(task, outcome ?? planned);
		},
		whenIdle: async () => await simulator.until(isIdle, Infinity),
		until: async (predicate, timeoutMs = DEFAULT_TIMEOUT_MS) => {
			const what = () => `${predicate}; requests: ${JSON.stringify(simulator.counts())}`;
			const poll = () => {
				if (predicate(simulator)) return true;
				if (stopped) throw new Error('The simulator was stopped');
				return undefined;
			};
			await eventually(what, poll, timeoutMs, POLL_MS);
		},
		reset: () => {
			courier.reset();
			world.tasks.clear();
			world.plans.clear();
			world.faults.clear();
			world.log.clear();
			accounts.reset();
			Object.assign(world.settings, firstSettings());
		},
		stop: async () => {
			stopped = true;
			clock.stop();
			await courier.stop();
			await server.close();
		},
	};
	return simulator;
}

function view(task: Task, world: World): TaskView {
	const { taskId, model, input, prompt, requestBody, key, submittedAtMs, statusCalls } = task;
	return {
		taskId,
		model,
		input,
		prompt,
		requestBody,
		key,
		state: world.tasks.state(task),
		submittedAtMs,
		finalAtMs: task.final?.atMs,
		costTimeMs: task.final && task.final.completeTimeMs - task.createTimeMs,
		resultUrls: resultUrls(task, world.serverUrl()),
		statusCalls,
		callbackUrl: task.callbackUrl,
		callbackAttempts: [...task.callbackAttempts],
	};
}
