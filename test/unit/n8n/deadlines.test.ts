import type { IExecuteFunctions } from 'n8n-workflow';

import { executionDeadlineMs, timerDeadlineMs } from '../../../nodes/shared/n8n/deadlines';

/** Everything in seconds, from when the execution was established. */
const START_MS = 1_700_000_000_000;
const atMs = (seconds: number) => START_MS + seconds * 1000;
const inSeconds = (ms: number | undefined) =>
	ms === undefined ? undefined : (ms - START_MS) / 1000;

/** When a node's run began and ended. */
type Run = [number, number];
interface Parent {
	type: string;
	parameters?: object;
}

const WAIT: Parent = { type: 'n8n-nodes-base.wait' };
const APPROVAL: Parent = {
	type: 'n8n-nodes-base.slack',
	parameters: { operation: 'sendAndWait', options: {} },
};

interface Moment {
	/** That n8n names since the last resume. */
	deadline?: number;
	/** Of nodes before this one, in order. */
	runs?: Run[];
	/** What has run before this node. */
	parents?: Parent[];
}

class Execution {
	private readonly flow: Record<string, unknown> = {};

	constructor(
		private readonly id = '1',
		private readonly mode = 'trigger',
	) {}

	at(now: number, { deadline, runs = [], parents = [] }: Moment) {
		const runData: Record<string, Array<object | null>> = Object.fromEntries(
			runs.map(([from, to], index) => [
				`Node ${index}`,
				// n8n leaves gaps in these lists.
				[null, { startTime: atMs(from), executionTime: (to - from) * 1000 }],
			]),
		);
		parents.forEach((_, index) => (runData[`Parent ${index}`] ??= []));
		const context = {
			getContext: () => this.flow,
			getExecutionId: () => this.id,
			getMode: () => this.mode,
			getNode: () => ({ name: 'APIXO' }),
			getParentNodes: () =>
				parents.map((parent, index) => ({ name: `Parent ${index}`, ...parent })),
			additionalData: {
				executionTimeoutTimestamp: deadline === undefined ? undefined : atMs(deadline),
			},
			runExecutionData: {
				executionData: { runtimeData: { establishedAt: START_MS } },
				resultData: { runData },
			},
		} as unknown as IExecuteFunctions;
		return {
			timer: () => inSeconds(timerDeadlineMs(context)),
			own: (isCalledBack?: boolean) =>
				inSeconds(executionDeadlineMs(context, atMs(now), isCalledBack)),
		};
	}

	/** Another execution that has this one's data. */
	retriedAs(id: string): Execution {
		const retry = new Execution(id, 'retry');
		Object.assign(retry.flow, this.flow);
		return retry;
	}
}

describe("the deadline once n8n's timer has resumed the execution", () => {
	it('is the first one, whatever n8n names after a resume', () => {
		const execution = new Execution();
		expect(execution.at(5, { deadline: 100 }).timer()).toBe(100);
		expect(execution.at(90, { deadline: 190 }).timer()).toBe(100);
	});

	it('is its own in an execution that retries another', () => {
		const execution = new Execution();
		execution.at(5, { deadline: 100 }).timer();
		const runs: Run[] = [
			[0, 2],
			[800, 801],
		];
		const retry = execution.retriedAs('2').at(900, { deadline: 1_000, runs, parents: [WAIT] });
		expect(retry.timer()).toBe(1_000);
		expect(retry.own()).toBe(1_000);
	});

	it.each<[string, number[], number]>([
		['before any node', [], 100],
		['behind nodes that ran at once', [0, 1, 1, 40], 100],
		['behind a node that waited for 70 s', [0, 1, 71, 71], 29],
		['behind two that waited', [0, 1, 31, 31, 81, 82], 19],
		['behind one that waited, and a slow one', [0, 1, 71, 90], 29],
		['behind branches that ran in any order', [1, 30, 0, 1, 30, 31], 100],
		['behind runs of an earlier execution', [-900, -800, 0, 1], 100],
		['behind nodes that began late, since the execution was queued', [60, 60, 60, 61], 100],
	])('counts from the start, %s', (_, times, expected) => {
		const runs = times.flatMap((from, index): Run[] =>
			index % 2 === 0 ? [[from, times[index + 1]]] : [],
		);
		expect(new Execution().at(91, { deadline: 100, runs, parents: [WAIT] }).timer()).toBe(expected);
	});

	it('is the one that n8n names where no node before this one can pause', () => {
		const runs: Run[] = [
			[0, 1],
			[71, 72],
		];
		const parents = [{ type: 'n8n-nodes-base.set' }];
		expect(new Execution().at(72, { deadline: 100, runs, parents }).timer()).toBe(100);
	});

	it('is none where n8n has no timeout', () => {
		const execution = new Execution();
		expect(execution.at(5, {}).timer()).toBeUndefined();
		expect(execution.at(5, {}).own()).toBeUndefined();
	});
});

describe('the deadline of this run of the node', () => {
	const paused = () => {
		const execution = new Execution();
		execution.at(5, { deadline: 100 }).own();
		return execution;
	};
	const runs: Run[] = [
		[0, 1],
		[71, 71],
	];

	it('is the one that n8n names, in an execution that was never resumed', () => {
		expect(new Execution().at(80, { deadline: 100, runs: [[0, 79]] }).own()).toBe(100);
	});

	it("counts from the execution's start where n8n's timer has resumed it", () => {
		expect(paused().at(60, { deadline: 160 }).own(false)).toBe(100);
	});

	it('counts from the resume where a callback has, also for the nodes behind', () => {
		const execution = paused();
		expect(execution.at(60, { deadline: 160 }).own(true)).toBe(160);
		expect(execution.at(99, { deadline: 160 }).own()).toBe(160);
		expect(execution.at(99, { deadline: 199 }).own()).toBe(100);
	});

	it.each<[string, Parent, number]>([
		['a Wait node', WAIT, 100],
		['a Wait node until a time', { ...WAIT, parameters: { resume: 'specificTime' } }, 100],
		['a Wait node until a webhook', { ...WAIT, parameters: { resume: 'webhook' } }, 171],
		[
			'a Wait node until a webhook, at the latest in an hour',
			{ ...WAIT, parameters: { resume: 'webhook', limitWaitTime: true } },
			100,
		],
		['an approval', APPROVAL, 171],
		[
			'an approval with a limit',
			{ ...APPROVAL, parameters: { operation: 'sendAndWait', options: { limitWaitTime: {} } } },
			100,
		],
		['a sub-workflow that paused', { type: 'n8n-nodes-base.executeWorkflow' }, 100],
	])(
		'counts from where the execution was resumed for the node before: %s',
		(_, parent, expected) => {
			const execution = new Execution().at(71, { deadline: 171, runs, parents: [parent] });
			expect(execution.own()).toBe(expected);
			expect(execution.timer()).toBe(100);
		},
	);

	it('counts from the resume where only a webhook can have resumed it: the rest is over', () => {
		const late: Run[] = [
			[0, 1],
			[171, 171],
		];
		const execution = new Execution().at(171, { deadline: 271, runs: late, parents: [WAIT] });
		expect(execution.own()).toBe(271);
	});
});
