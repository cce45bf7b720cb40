import type {
	ExecutionStatus,
	IBinaryData,
	ICredentialDataDecryptedObject,
	ICredentialType,
	INodeTypeDescription,
} from 'n8n-workflow';
import { Agent, fetch, type Response } from 'undici';
import { DEFAULT_TIMEOUT_MS, eventually } from '../../support/eventually.cts';
import {
	type Execution,
	type ExecutionSummary,
	isFinished,
	parseExecution,
} from './executions.cts';
import { type CredentialReference, type WorkflowDefinition } from './workflows.cts';

/** The owner of every n8n that the harness or the demo starts. */
export const LOGIN = { email: 'owner@example.com', password: 'Apixo-demo-1' };

/** A workflow as n8n keeps it. */
export interface SavedWorkflow extends WorkflowDefinition {
	id: string;
	versionId: string;
	active: boolean;
}

/** What a webhook answered; `body` is parsed where it is JSON. */
export interface WebhookAnswer {
	status: number;
	body: unknown;
}

/** How far n8n has come with making a workflow's triggers live. */
interface Publication {
	status: 'in_progress' | 'not_published' | 'published' | 'partial' | 'failed';
	liveVersionId: string | null;
	triggers: Array<{ nodeId: string; status: string; errorMessage: string | null }>;
}

interface ExecutionPage {
	results: ExecutionSummary[];
	nextCursor?: string | null;
}

/** How long n8n may answer nothing but that it is busy. */
const BUSY_AT_MOST_MS = 120_000;

/** A connection for each request: n8n closes one that is idle, perhaps as the next request comes. */
const NEW_CONNECTIONS = new Agent({ pipelining: 0 });

/** n8n binds a session to the browser that logged in. */
const BROWSER_ID = 'n8n-nodes-apixo-harness';

function parseIfJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

/** n8n's own REST interface, as its editor uses it. Errors carry n8n's status and message. */
export class N8nApi {
	constructor(
		/** Without a slash at the end. */
		readonly url: string,
		/** Session of a logged-in user; set by setupOwner and login. */
		public cookie = '',
	) {}

	/** Creates the owner of a fresh n8n (LOGIN) and is then logged in as this user. */
	async setupOwner(): Promise<void> {
		await this.call('POST', '/rest/owner/setup', { ...LOGIN, firstName: 'Ada', lastName: 'Owner' });
	}

	async login(): Promise<void> {
		const { email, password } = LOGIN;
		await this.call('POST', '/rest/login', { emailOrLdapLoginId: email, password });
	}

	async createCredential(
		name: string,
		type: string,
		data: ICredentialDataDecryptedObject,
	): Promise<CredentialReference & { type: string }> {
		const { id } = await this.call<{ id: string }>('POST', '/rest/credentials', {
			name,
			type,
			data,
		});
		return { id, name, type };
	}

	/** Runs the credential's own test with these fields, as the editor does after saving. */
	async testCredential(
		credential: CredentialReference & { type: string },
		data: ICredentialDataDecryptedObject,
	): Promise<{ status: 'OK' | 'Error'; message: string }> {
		return await this.call('POST', '/rest/credentials/test', {
			credentials: { ...credential, data },
		});
	}

	async createWorkflow(definition: WorkflowDefinition): Promise<SavedWorkflow> {
		// n8n 2.0 has no default for `active`.
		return await this.call('POST', '/rest/workflows', { active: false, ...definition });
	}

	async getWorkflow(id: string): Promise<SavedWorkflow> {
		return await this.call('GET', `/rest/workflows/${id}`);
	}

	async updateWorkflow(id: string, changes: Partial<WorkflowDefinition>): Promise<SavedWorkflow> {
		const { versionId } = await this.getWorkflow(id);
		return await this.call('PATCH', `/rest/workflows/${id}`, { ...changes, versionId });
	}

	/** Deletes a workflow, which n8n allows for archived ones only. */
	async deleteWorkflow(id: string): Promise<void> {
		await this.call('POST', `/rest/workflows/${id}/archive`, {});
		await this.call('DELETE', `/rest/workflows/${id}`);
	}

	/** Publishes the workflow's newest version and waits until its triggers are live. */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.getWorkflow(id);
		await this.call('POST', `/rest/workflows/${id}/activate`, { versionId });
		await this.waitForPublication(id, 'to be published', (publication) => {
			if (publication.status === 'failed' || publication.status === 'partial') {
				const triggers = JSON.stringify(publication.triggers);
				throw new Error(`Workflow ${id} was not published: ${triggers}`);
			}
			return publication.status === 'published' && publication.liveVersionId === versionId;
		});
	}

	/** Takes the workflow's triggers down and waits until they are. */
	async deactivate(id: string): Promise<void> {
		await this.call('POST', `/rest/workflows/${id}/deactivate`, {});
		await this.waitForPublication(
			id,
			'to be taken down',
			({ status }) => status === 'not_published',
		);
	}

	/** Starts a manual execution from the workflow's trigger and returns the execution's id. */
	async runManually(id: string, destinationNode?: string): Promise<string> {
		const workflowData = await this.getWorkflow(id);
		const trigger = workflowData.nodes.find(({ type }) => /trigger$|\.webhook$/i.test(type));
		const { executionId } = await this.call<{ executionId: string }>(
			'POST',
			`/rest/workflows/${id}/run`,
			{
				workflowData,
				triggerToStartFrom: { name: trigger?.name },
				...(destinationNode && {
					destinationNode: { nodeName: destinationNode, mode: 'inclusive' },
				}),
			},
		);
		return executionId;
	}

	/** Creates a workflow, runs it manually and returns the finished execution. */
	async runOnce(
		definition: WorkflowDefinition,
		options: { timeoutMs?: number } = {},
	): Promise<Execution> {
		const { id } = await this.createWorkflow(definition);
		return await this.waitForExecution(await this.runManually(id), options);
	}

	/** Calls a production webhook, or with `test` the one of a listening editor. */
	async callWebhook(
		path: string,
		options: { method?: string; body?: unknown; test?: boolean } = {},
	): Promise<WebhookAnswer> {
		const answer = await fetch(`${this.url}/webhook${options.test ? '-test' : ''}/${path}`, {
			method: options.method ?? 'POST',
			...(options.body !== undefined && {
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(options.body),
			}),
		});
		return { status: answer.status, body: parseIfJson(await answer.text()) };
	}

	/** The workflow's executions, newest first. */
	async listExecutions(workflowId: string): Promise<ExecutionSummary[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId }));
		// n8n asks for current and finished ones one after the other, and may list one as both.
		const listed = new Map<string, ExecutionSummary>();
		let cursor = '';
		do {
			const path = `/rest/executions?limit=100&filter=${filter}${cursor && `&cursor=${cursor}`}`;
			const page: ExecutionPage = await this.call('GET', path);
			for (const execution of page.results) listed.set(execution.id, execution);
			// An old n8n has no cursors, and lists the newest hundred.
			cursor = page.nextCursor ?? '';
		} while (cursor);
		return [...listed.values()];
	}

	/** How many executions have one of these statuses, by default of all workflows. */
	async countExecutions(status: ExecutionStatus[], workflowId?: string): Promise<number> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId, status }));
		const path = `/rest/executions?limit=1&filter=${filter}`;
		return (await this.call<{ count: number }>('GET', path)).count;
	}

	/**
	 * Retries an execution as the editor does, and returns the ID of the one that does.
	 * @param loadWorkflow with the workflow as it is saved now, instead of as it was
	 * @throws Error where n8n refuses it
	 */
	async retryExecution(
		{ workflowId, executionId }: { workflowId: string; executionId: string },
		loadWorkflow: boolean,
	): Promise<string> {
		await this.call('POST', `/rest/executions/${executionId}/retry`, { loadWorkflow });
		const [{ id }] = await this.listExecutions(workflowId);
		if (id === executionId) throw new Error(`n8n has not retried execution ${executionId}`);
		return id;
	}

	async getExecution(id: string): Promise<Execution> {
		return await parseExecution(await this.call('GET', `/rest/executions/${id}`));
	}

	/**
	 * Waits until an execution, given by its id or as the newest of a workflow, has the status, by
	 * default until it is finished in whatever way.
	 * @throws Error that names the last status, after `timeoutMs` (default 90 s).
	 */
	async waitForExecution(
		target: string | { workflowId: string },
		options: { status?: ExecutionStatus; timeoutMs?: number } = {},
	): Promise<Execution> {
		const { status, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
		let lastStatus: string = 'not there yet';
		const what = () =>
			`execution ${JSON.stringify(target)} to be ${status ?? 'finished'} (it is ${lastStatus})`;
		const poll = async () => {
			const id =
				typeof target === 'string' ? target : (await this.listExecutions(target.workflowId))[0]?.id;
			if (id === undefined) return undefined;
			const execution = await this.getExecution(id);
			lastStatus = execution.status;
			const reached = status ? lastStatus === status : isFinished(execution);
			return reached ? execution : undefined;
		};
		return await eventually(what, poll, timeoutMs);
	}

	/** Cancels a running or paused execution. */
	async stopExecution(id: string): Promise<void> {
		await this.call('POST', `/rest/executions/${id}/stop`, {});
	}

	/** The bytes of a binary property, from wherever n8n keeps them. */
	async readBinary({ id, data }: IBinaryData): Promise<Buffer> {
		if (id === undefined) return Buffer.from(data, 'base64');
		const query = new URLSearchParams({ id, action: 'download' });
		const answer = await fetch(`${this.url}/rest/binary-data?${query}`, {
			headers: { 'browser-id': BROWSER_ID, cookie: this.cookie },
		});
		if (!answer.ok) throw new Error(`n8n answered ${answer.status} to a request for binary ${id}`);
		return Buffer.from(await answer.arrayBuffer());
	}

	/** Descriptions of all node types that n8n has loaded; `name` is with the package's. */
	async nodeTypes(): Promise<INodeTypeDescription[]> {
		return await this.call('GET', '/types/nodes.json');
	}

	/** Descriptions of all credential types that n8n has loaded. */
	async credentialTypes(): Promise<ICredentialType[]> {
		return await this.call('GET', '/types/credentials.json');
	}

	/**
	 * Any call of n8n's REST interface: the answer's `data`, or all of it where there is none.
	 * @throws Error with n8n's status and message.
	 */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const request = `${method} ${path}`;
		const answered = await eventually(
			`n8n to answer ${request}`,
			async () => {
				const answer = await this.fetch(method, path, body);
				// A busy n8n says so of its database for a while, and has done nothing.
				if (answer.status === 503) return undefined;
				return { data: await this.dataOf<T>(answer, request) };
			},
			BUSY_AT_MOST_MS,
		);
		return answered.data;
	}

	private async fetch(method: string, path: string, body?: unknown): Promise<Response> {
		return await fetch(`${this.url}${path}`, {
			dispatcher: NEW_CONNECTIONS,
			method,
			headers: {
				'browser-id': BROWSER_ID,
				cookie: this.cookie,
				...(body !== undefined && { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	}

	private async dataOf<T>(answer: Response, request: string): Promise<T> {
		const text = await answer.text();
		if (!answer.ok) {
			throw new Error(`n8n answered ${answer.status} to ${request}: ${text.slice(0, 2000)}`);
		}
		const session = answer.headers.getSetCookie().find((line) => line.startsWith('n8n-auth='));
		if (session) this.cookie = session.split(';')[0];
		const parsed = JSON.parse(text) as { data: T } | T;
		return parsed && typeof parsed === 'object' && 'data' in parsed ? parsed.data : (parsed as T);
	}

	/** A newer n8n publishes in the background; this waits until it has come to an end. */
	private async waitForPublication(
		workflowId: string,
		expectation: string,
		isReached: (publication: Publication) => boolean,
	): Promise<void> {
		const path = `/rest/workflows/${workflowId}/publication-status`;
		await eventually(`workflow ${workflowId} ${expectation}`, async () => {
			const answer = await this.fetch('GET', path);
			// An older n8n has published when it answers, and has nothing at this path.
			if (answer.status === 404) return true;
			return isReached(await this.dataOf<Publication>(answer, `GET ${path}`)) || undefined;
		});
	}
}
