import type { IExecuteFunctions } from 'n8n-workflow';

import { executionDeadlineMs, timerDeadlineMs } from '../../../nodes/shared/n8n/deadlines';

/** Everything in seconds, from the start of the execution. */
const START_MS = 1_700_000_000_000;
const atMs = (seconds: number) => START_MS + seconds * 1000;
const inSeconds = (ms: number | undefined) =>
	ms === undefined ? undefined : (ms - START_MS) / 1000;

/** When a node's run began and ended. */
type Run = [number, number];

class Execution {
	private readonly flow: Record<string, unknown> = {};

	constructor(
		private readonly id = '1',
		private readonly mode = 'trigger',
	) {}

	/** @param deadline that n8n names since the last resume */
	at(now: number, { deadline, runs = [] }: { deadline?: number; runs?: Run[] }) {
		const context = {
			getContext: () => this.flow,
			getExecutionId: () => this.id,
			getMode: () => this.mode,
			additionalData: {
				executionTimeoutTimestamp: deadline === undefined ? undefined : atMs(deadline),
			},
			runExecutionData: {
				executionData: { runtimeData: { establishedAt: START_MS } },
				resultData: {
					runData: Object.fromEntries(
						runs.map(([from, to], index) => [
							`Node ${index}`,
							[{ startTime: atMs(from), executionTime: (to - from) * 1000 }],
						]),
					),
				},
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
		const retry = execution.retriedAs('2').at(900, { deadline: 1_000, runs: [[0, 2]] });
		expect(retry.timer()).toBe(1_000);
		expect(retry.own()).toBe(1_000);
	});

	it.each<[string, Run[], number]>([
		['before any node', [], 100],
		[
			'behind nodes that ran at once',
			[
				[0, 1],
				[1, 40],
			],
			100,
		],
		[
			'behind a node that waited for 70 s',
			[
				[0, 1],
				[71, 71],
			],
			29,
		],
		[
			'behind two that waited',
			[
				[0, 1],
				[31, 31],
				[81, 82],
			],
			19,
		],
		[
			'behind one that waited, and a slow one',
			[
				[0, 1],
				[71, 90],
			],
			29,
		],
		[
			'behind branches that ran in any order',
			[
				[1, 30],
				[0, 1],
				[30, 31],
			],
			100,
		],
		[
			'behind runs of an earlier execution',
			[
				[-900, -800],
				[0, 1],
			],
			100,
		],
	])('counts from the start, %s', (_, runs, expected) => {
		expect(new Execution().at(91, { deadline: 100, runs }).timer()).toBe(expected);
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

	it('counts from the start where another node was resumed, by whatever', () => {
		const runs: Run[] = [
			[0, 1],
			[71, 71],
		];
		expect(new Execution().at(71, { deadline: 171, runs }).own()).toBe(100);
	});

	it('counts from the resume where only a webhook can have resumed it: the rest is over', () => {
		const runs: Run[] = [
			[0, 1],
			[171, 171],
		];
		expect(new Execution().at(171, { deadline: 271, runs }).own()).toBe(271);
	});
});
