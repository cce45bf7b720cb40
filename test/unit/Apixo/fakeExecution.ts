import type { IDataObject, IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';

export interface FakeExecutionOptions {
	executionId?: string;
	/** What n8n has kept of the execution: the contexts of its nodes, and that of all of them. */
	contexts?: Record<string, Record<string, unknown>>;
	/** n8n's database, as far as claims are concerned: shared by all its processes. */
	claims?: Set<string>;
	/** The database writes claims, and then loses the connection. */
	losesReplies?: boolean;
	input?: IDataObject[];
	runIndex?: number;
	nodeName?: string;
	nodeType?: string;
	continueOnFail?: boolean;
	maxTries?: number;
	mode?: string;
	isToolExecution?: boolean;
	workflowSettings?: IDataObject;
	/** Unix ms at which n8n ends the execution. */
	deadlineMs?: number;
	/** Nodes before this one, all of which have run. */
	parents?: Array<{ name: string; type: string; parameters?: object }>;
	/** False for an n8n that keeps its stack to itself. */
	hasStack?: boolean;
	resumeUrl?: string;
	credential?: IDataObject;
	/** Answers requests; a returned object is the body of HTTP 200. */
	http?: (options: IHttpRequestOptions) => Promise<object>;
}

/** What a node sees of an execution of n8n, and what it did to it. */
export class FakeExecution {
	readonly contexts: Record<string, Record<string, unknown>>;
	readonly claims: Set<string>;
	/** Lines of the log, as `level: text`. */
	readonly log: string[] = [];
	readonly hints: string[] = [];
	/** Unix ms of each wait that the node has put the execution to. */
	readonly pausedUntilMs: number[] = [];
	readonly cancelling = new AbortController();
	readonly context: IExecuteFunctions;

	constructor(options: FakeExecutionOptions = {}) {
		this.contexts = options.contexts ?? {};
		this.claims = options.claims ?? new Set();
		this.context = this.createContext(options) as unknown as IExecuteFunctions;
	}

	/** What n8n writes into its database when the execution is paused or over. */
	saved(): Record<string, Record<string, unknown>> {
		return JSON.parse(JSON.stringify(this.contexts));
	}

	cancel(): void {
		this.cancelling.abort(new Error('The execution was cancelled'));
	}

	private createContext(options: FakeExecutionOptions) {
		const {
			executionId = 'execution 1',
			nodeName = 'APIXO',
			nodeType = 'n8n-nodes-apixo.apixo',
			maxTries = 3,
			input = [{}],
			parents = [],
			resumeUrl = 'https://n8n.example.com/webhook-waiting/1?signature=s',
			credential = { apiKey: 'key', baseUrl: 'https://api.example.com/api/v1' },
		} = options;
		const node = {
			id: `id of ${nodeName}`,
			name: nodeName,
			type: nodeType,
			maxTries,
			parameters: {},
		};
		const expressions: Record<string, unknown> = {
			'{{ $execution.resumeUrl }}': resumeUrl,
			'{{ $runIndex }}': options.runIndex ?? 0,
		};
		const log = (level: string) => (text: string) => void this.log.push(`${level}: ${text}`);
		const { pausedUntilMs } = this;
		const stackEntry = { node, data: { main: [input.map((json) => ({ json }))] }, source: null };
		return {
			getExecutionId: () => executionId,
			getNode: () => node,
			getMode: () => options.mode ?? 'trigger',
			getWorkflowSettings: () => options.workflowSettings ?? {},
			getParentNodes: () => parents,
			getInputData: () => input.map((json) => ({ json })),
			getExecuteData: () => stackEntry,
			getContext: (type: string) => (this.contexts[type === 'flow' ? type : nodeName] ??= {}),
			getCredentials: async () => credential,
			getExecutionCancelSignal: () => this.cancelling.signal,
			continueOnFail: () => options.continueOnFail ?? false,
			isToolExecution: () => options.isToolExecution ?? false,
			evaluateExpression: (expression: string) => expressions[expression],
			addExecutionHints: (...hints: Array<{ message: string }>) =>
				void this.hints.push(...hints.map(({ message }) => message)),
			async putExecutionToWait(date: Date) {
				// As PostgreSQL does; SQLite takes it.
				if (Number.isNaN(date.getTime())) throw new Error('invalid input syntax for timestamp');
				pausedUntilMs.push(date.getTime());
			},
			logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
			helpers: {
				checkProcessedAndRecord: async (keys: string[]) => {
					const added = keys.filter((key) => !this.claims.has(key));
					added.forEach((key) => this.claims.add(key));
					if (options.losesReplies) throw new Error('Connection terminated unexpectedly');
					return { new: added, processed: keys.filter((key) => !added.includes(key)) };
				},
				httpRequestWithAuthentication: async (_: string, request: IHttpRequestOptions) => ({
					statusCode: 200,
					headers: {},
					body: JSON.stringify(await options.http?.(request)),
				}),
			},
			runExecutionData: {
				executionData: { nodeExecutionStack: options.hasStack === false ? undefined : [] },
				resultData: { runData: Object.fromEntries(parents.map(({ name }) => [name, []])) },
			},
			additionalData: { executionTimeoutTimestamp: options.deadlineMs },
		};
	}
}
