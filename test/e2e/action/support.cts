import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import {
	type Simulator,
	type SimulatorOptions,
	type TaskView,
	startSimulator,
} from '../../simulator/simulator.cts';
import { DEFAULT_TIMEOUT_MS } from '../../support/eventually.cts';
import type { N8nApi } from '../harness/api.cts';
import { type Execution, nodeError, nodeOutput } from '../harness/executions.cts';
import { sharedN8n } from '../harness/shared.cts';
import {
	type CredentialReference,
	type NodeOptions,
	type TestNode,
	type WorkflowDefinition,
	apixoNode,
	manualTrigger,
	workflow,
} from '../harness/workflows.cts';

/** Polls once a second, so that a test with short tasks is short. */
export const QUICK = { initialWait: 1, pollInterval: 1, pollingStrategy: 'fixed' };

/** A model as a user enters it by its ID. */
export const byId = (value: string) => ({ __rl: true, mode: 'id', value });

/** How long a request hangs that an execution must not wait for when it is stopped. */
export const HANG_SECONDS = 12;
const STOPPED_WITHIN_MS = (HANG_SECONDS - 1) * 1000;

/** What a run of the node came to. */
export interface Run {
	execution: Execution;
	/** Of the APIXO node's last run; empty where it has no output. */
	output: INodeExecutionData[];
	/** What the editor shows in red: of the node itself or of the whole execution. */
	error: ShownError;
}

/** The parts of a node's error that a user reads; empty where there is no error. */
export interface ShownError {
	message: string;
	description: string;
	httpCode?: string | null;
	context: IDataObject;
}

export interface RunOptions extends NodeOptions {
	/** Default: one item, `{ prompt: 'a red fox' }`. */
	items?: IDataObject[];
	/** Over those of an image that is generated and polled once a second. */
	parameters?: INode['parameters'];
	/** Nodes behind the APIXO node. */
	then?: TestNode[];
}

const opened: Simulator[] = [];
afterAll(async () => {
	await Promise.all(opened.map(async (simulator) => await simulator.stop()));
});

/** A simulator of the test's own, and a credential for it in an n8n, by default the shared one. */
export class Stage {
	constructor(
		readonly api: N8nApi,
		readonly simulator: Simulator,
		readonly credential: CredentialReference & { type: string },
	) {}

	/** The same with another credential. */
	withCredential(credential: CredentialReference & { type: string }): Stage {
		return new Stage(this.api, this.simulator, credential);
	}

	/** The APIXO node; by default it generates an image for each item's `prompt`. */
	node(options: NodeOptions & { parameters?: INode['parameters'] } = {}): TestNode {
		const { parameters, ...rest } = options;
		return apixoNode({
			credential: this.credential,
			...rest,
			parameters: {
				resource: 'image',
				operation: 'generate',
				model: byId('nano-banana'),
				mode: 'text-to-image',
				prompt: '={{ $json.prompt }}',
				options: QUICK,
				...parameters,
			},
		});
	}

	/** A workflow of a manual trigger with items, the APIXO node, and what comes then. */
	workflow(options: RunOptions = {}): WorkflowDefinition {
		const { items = [{ prompt: 'a red fox' }], then = [], ...rest } = options;
		return workflow({
			name: 'APIXO action',
			nodes: [manualTrigger({ name: 'Prompts', items }), this.node(rest), ...then],
		});
	}

	/** Runs such a workflow manually, to its end. */
	async run(options: RunOptions = {}, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Run> {
		return runOf(await this.api.runOnce(this.workflow(options), { timeoutMs }));
	}

	/** Starts such a workflow manually and returns at once. */
	async start(options: RunOptions = {}): Promise<{ workflowId: string; executionId: string }> {
		const { id: workflowId } = await this.api.createWorkflow(this.workflow(options));
		return { workflowId, executionId: await this.api.runManually(workflowId) };
	}

	/** The only task that was made of this prompt. */
	taskOf(prompt: string): TaskView {
		const tasks = this.simulator
			.tasks()
			.filter(({ input }) => (input as { prompt?: string }).prompt === prompt);
		expect(tasks).toHaveLength(1);
		return tasks[0];
	}

	/** How many tasks the simulator was asked for, accepted or not. */
	get submits(): number {
		return this.simulator.counts().generateTask;
	}

	get statusCalls(): number {
		return this.simulator.counts().statusTask;
	}
}

/** Opens a stage; its simulator ends with the test file. */
export async function openStage(
	options: SimulatorOptions = {},
	api: N8nApi = sharedN8n().api,
): Promise<Stage> {
	const simulator = await startSimulator({ defaults: { seconds: 0.5 }, ...options });
	opened.push(simulator);
	const credential = await api.createCredential(simulator.url, 'apixoApi', {
		apiKey: simulator.apiKey,
		baseUrl: simulator.baseUrl,
	});
	return new Stage(api, simulator, credential);
}

/** What an execution came to at its APIXO node. */
export function runOf(execution: Execution): Run {
	const hasOutput = execution.runData.APIXO?.at(-1)?.data !== undefined;
	const error = nodeError(execution) ?? execution.runData.APIXO?.at(-1)?.error;
	return {
		execution,
		output: hasOutput ? nodeOutput(execution, 'APIXO') : [],
		error: {
			message: error?.message ?? '',
			description: error?.description ?? '',
			httpCode: error && 'httpCode' in error ? error.httpCode : undefined,
			context: (error?.context ?? {}) as IDataObject,
		},
	};
}

/** Stops the execution and asserts that it waits for no request, and that none follows. */
export async function stopAndWatch(
	stage: Stage,
	executionId: string,
	watchMs: number,
): Promise<void> {
	const stoppedAtMs = Date.now();
	await stage.api.stopExecution(executionId);
	expect((await stage.api.waitForExecution(executionId)).status).toBe('canceled');
	expect(Date.now() - stoppedAtMs).toBeLessThan(STOPPED_WITHIN_MS);

	const before = stage.simulator.requests().length;
	await delay(watchMs);
	expect(stage.simulator.requests()).toHaveLength(before);
}

/** The `json` of each item. */
export const jsons = (items: INodeExecutionData[]) => items.map(({ json }) => json);
