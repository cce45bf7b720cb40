import { request } from 'undici';
import { type Stage, openStage, runOf } from '../action/support.cts';
import { manualTrigger, noOp, workflow } from '../harness/workflows.cts';
import {
	finish,
	isParked,
	numbered,
	pairs,
	pairsOf,
	park,
	parkWorkflow,
	pausing,
	untilParked,
	UNTIL_TOLD,
} from './support.cts';

const next = noOp({ name: 'Next' });
const runsOfNext = async ({ api }: Stage, executionId: string) =>
	(await api.getExecution(executionId)).runData.Next?.length ?? 0;

const envelope = (data: object) => ({ code: 200, message: 'success', data });

describe('a callback that is delivered more than once', () => {
	it.concurrent('20 times at once, and again later: the execution goes on once', async () => {
		const stage = await openStage({
			defaults: { seconds: 3_600, callback: { times: 20, atOnce: true } },
		});
		const { executionId, workflowId } = await park(stage, { then: [next] });
		finish(stage, 'a red fox');
		const { status } = await stage.api.waitForExecution(executionId);
		expect(status).toBe('success');

		const { taskId } = stage.taskOf('a red fox');
		const later = await stage.simulator.sendCallback(taskId, { times: 3 });
		expect(later.map((delivery) => delivery.status)).toEqual([409, 409, 409]);
		await stage.simulator.until(() => stage.taskOf('a red fox').callbackAttempts.length === 23);
		const answers = stage.taskOf('a red fox').callbackAttempts.map(({ status }) => status);
		expect(answers).toContain(200);
		// 409: n8n says so once the execution runs on.
		expect(answers.filter((answer) => answer !== 200 && answer !== 409)).toEqual([]);
		expect(await runsOfNext(stage, executionId)).toBe(1);
		expect(await stage.api.listExecutions(workflowId)).toHaveLength(1);
		expect(stage.statusCalls).toBe(1);
	});

	it.concurrent(
		'of the first of two nodes, while the second is parked, changes nothing',
		async () => {
			const stage = await openStage(UNTIL_TOLD);
			const definition = workflow({
				name: 'Two in a row',
				nodes: [
					manualTrigger({ name: 'Prompts', items: [{ prompt: 'first' }] }),
					stage.node({ name: 'First', parameters: pausing() }),
					stage.node({ parameters: pausing({ prompt: 'second' }) }),
					next,
				],
			});
			const run = await parkWorkflow(stage, definition);
			const { taskId } = stage.taskOf('first');
			finish(stage, 'first');
			await untilParked(stage, run.executionId, 2);

			const late = await stage.simulator.sendCallback(taskId, { times: 5, atOnce: true });
			expect(late.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
			expect(await isParked(stage, run)).toBe(true);

			finish(stage, 'second');
			const { output } = runOf(await stage.api.waitForExecution(run.executionId));
			expect(output[0].json.taskId).toBe(stage.taskOf('second').taskId);
			expect(await runsOfNext(stage, run.executionId)).toBe(1);
			expect(stage.submits).toBe(2);
		},
	);
});

describe('what is no callback of a task that is waited for leaves it parked', () => {
	const MAX_BODY_BYTES = 10 * 1024 * 1024;
	const json = { 'content-type': 'application/json' };

	it.concurrent('and it still ends right', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { then: [next] });
		const other = await park(stage, { items: [{ prompt: 'of another execution' }] });
		const { taskId, callbackUrl } = stage.taskOf('a red fox');
		const otherTask = stage.taskOf('of another execution');
		finish(stage, 'of another execution');
		await stage.api.waitForExecution(other.executionId);

		const url = String(callbackUrl);
		const unsigned = url.replace(/\?.*/, '');
		const success = envelope({ taskId, state: 'success', resultJson: '{"resultUrls":[]}' });
		const post = async (body: unknown, to = url, method: 'GET' | 'POST' = 'POST') => {
			const text = typeof body === 'string' ? body : JSON.stringify(body);
			const answer = await request(to, {
				method,
				headers: json,
				body: method === 'POST' ? text : undefined,
			});
			await answer.body.dump();
			return answer.statusCode;
		};
		const strange: Array<[what: string, status: number, answer: Promise<number>]> = [
			['no signature', 401, post(success, unsigned)],
			['a wrong signature', 401, post(success, `${unsigned}?signature=${'0'.repeat(64)}`)],
			['a path that names no node', 404, post(success, url.replace(/\/[^/?]+\?/, '?'))],
			['a GET', 404, post('', url, 'GET')],
			['a lie: the task is not final', 503, post(success)],
			['an unfinished state', 200, post(envelope({ taskId, state: 'processing' }))],
			['a state that nobody knows', 200, post(envelope({ taskId, state: 'success ' }))],
			[
				"another execution's task",
				404,
				post(envelope({ taskId: otherTask.taskId, state: 'success' })),
			],
			['a task that nobody knows', 404, post(envelope({ taskId: '__proto__', state: 'success' }))],
			['malformed JSON', 422, post('{"code": 200, "data": {')],
			['an empty body', 400, post('')],
			['no object', 400, post('"success"')],
			['a list', 400, post([success])],
			['no data', 400, post({ code: 200, message: 'success' })],
			['a task ID that is a list', 400, post(envelope({ taskId: [taskId], state: 'success' }))],
			['over 10 MB', 400, post({ ...success, padding: 'x'.repeat(MAX_BODY_BYTES) })],
			['more than n8n takes', 500, post({ ...success, padding: 'x'.repeat(2 * MAX_BODY_BYTES) })],
		];
		const answers = await Promise.all(strange.map(async ([, , answer]) => await answer));
		expect(strange.map(([what], index) => [what, answers[index]])).toEqual(
			strange.map(([what, status]) => [what, status]),
		);
		expect(await isParked(stage, run)).toBe(true);

		finish(stage, 'a red fox');
		const execution = await stage.api.waitForExecution(run.executionId);
		expect(runOf(execution).output[0].json).toMatchObject({ taskId, state: 'success' });
		expect(execution.runData.Next).toHaveLength(1);
		expect(stage.submits).toBe(2);
	});

	it.concurrent('as does the callback of a task whose siblings are under way', async () => {
		const stage = await openStage(UNTIL_TOLD);
		const run = await park(stage, { items: numbered(3), then: [pairs] });
		finish(stage, 'prompt 1');
		await stage.simulator.until(() => stage.taskOf('prompt 1').callbackAttempts.length === 1);
		const again = await stage.simulator.sendCallback(stage.taskOf('prompt 1').taskId, { times: 3 });
		expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect(await isParked(stage, run)).toBe(true);
		finish(stage, 'prompt 0');
		finish(stage, 'prompt 2');
		expect(pairsOf(await stage.api.waitForExecution(run.executionId))).toEqual([0, 1, 2]);
	});
});

it('a callback that the status API confirms only later is asked to come again, and then resumes', async () => {
	// APIXO tries again after 30 s: here after half a second.
	const stage = await openStage({ timeScale: 60, defaults: { seconds: 36_000 } });
	const { executionId } = await park(stage);
	stage.simulator.faultNext('statusTask', [{ kind: 'http', status: 404 }]);
	finish(stage, 'a red fox');
	const { output } = runOf(await stage.api.waitForExecution(executionId));
	expect(output[0].json).toMatchObject({ state: 'success', deliveredBy: 'callback' });
	const { callbackAttempts } = stage.taskOf('a red fox');
	expect(callbackAttempts.map(({ status }) => status)).toEqual([503, 200]);
});
