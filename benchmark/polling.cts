/**
 * What polling costs: status calls for each task, and how late its end is noticed. Our default
 * schedules against fixed intervals and the backoff of APIXO's guide, then items awaited together
 * against one after the other. All in this one process, on a clock that jumps, with the client and
 * the wait that the node uses; the API answers at once. Ends by itself after some seconds.
 */
import { pollingFigures } from '../nodes/shared/models/pollingFigures.ts';
import type { Category } from '../nodes/shared/models/categories.ts';
import { mapAll } from '../nodes/shared/tasks/concurrency.ts';
import { GUIDE_BACKOFF_FACTOR } from '../nodes/shared/tasks/schedule.ts';
import type { PollSchedule } from '../nodes/shared/tasks/schedule.ts';
import { waitForTask } from '../test/support/waitForTask.cts';
import { fakeApi } from '../test/unit/support/fakeApi.ts';
import { FakeTiming } from '../test/unit/support/fakeTiming.ts';

/** Lengths of tasks, seconds, up to each category's limit. */
const LENGTHS: Record<Category, number[]> = {
	image: [5, 10, 20, 40, 60, 120],
	audio: [30, 60, 120, 300],
	video: [60, 90, 180, 360, 600],
};
/** Each length stands for this many tasks that take 90 to 100 % of it, or chance would decide. */
const TASKS_A_LENGTH = 10;
/** Steps of the golden section never fall into step with an interval. */
const GOLDEN_SECTION = 0.618;

type Strategy = (ours: PollSchedule) => PollSchedule;

const fixed =
	(seconds: number): Strategy =>
	({ timeoutSeconds }) => ({
		strategy: 'fixed',
		initialWaitSeconds: seconds,
		intervalSeconds: seconds,
		backoffFactor: 1,
		maxIntervalSeconds: seconds,
		timeoutSeconds,
	});

const guideBackoff: Strategy = ({ timeoutSeconds }) => ({
	strategy: 'backoff',
	initialWaitSeconds: 3,
	intervalSeconds: 3,
	backoffFactor: GUIDE_BACKOFF_FACTOR,
	maxIntervalSeconds: 30,
	timeoutSeconds,
});

const OTHERS: Record<string, Strategy> = {
	'every 2 s': fixed(2),
	'every 5 s': fixed(5),
	'every 20 s': fixed(20),
	"guide's backoff": guideBackoff,
};

interface Cost {
	/** Status calls a task. */
	calls: number;
	/** Seconds from the end of a task to the poll that notices it. */
	late: number;
	latest: number;
}

function defaultSchedule(category: Category): PollSchedule {
	return {
		strategy: 'backoff',
		backoffFactor: GUIDE_BACKOFF_FACTOR,
		...pollingFigures(undefined, category),
	};
}

/** Submits and awaits tasks of the given lengths as the node does, at most `atOnce` at once. */
async function run(taskSeconds: number[], schedule: PollSchedule, atOnce: number) {
	const timing = new FakeTiming();
	const { client, polls } = fakeApi(timing, taskSeconds);
	const pollsAtSeconds = await mapAll(
		taskSeconds,
		async (_, itemIndex) => {
			const submission = await client.submit('any', { request_type: 'async', input: {} });
			if (!submission.ok) throw new Error(submission.error.message);
			const { taskId } = submission.value;
			const task = { taskId, model: 'any', submittedAtMs: timing.now() };
			const { kind } = await waitForTask(client, task, schedule, timing);
			if (kind !== 'success') throw new Error(`Task ${itemIndex} ended as ${kind}`);
			return polls(taskId);
		},
		atOnce,
	);
	return { pollsAtSeconds, tookSeconds: timing.now() / 1000 };
}

async function cost(taskSeconds: number[], schedule: PollSchedule): Promise<Cost> {
	const { pollsAtSeconds } = await run(taskSeconds, schedule, taskSeconds.length);
	const lates = pollsAtSeconds.map((polls, index) => (polls.at(-1) ?? NaN) - taskSeconds[index]);
	return {
		calls: mean(pollsAtSeconds.map((polls) => polls.length)),
		late: mean(lates),
		latest: Math.max(...lates),
	};
}

function mean(values: number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const NAME_WIDTH = 14;
const OURS_WIDTH = 26;
const THEIRS_WIDTH = 18;
const ratio = (theirs: number, ours: number) => `×${(theirs / ours).toFixed(2)}`;
const pair = (first: string, second: string, width: number) =>
	(first.padStart(8) + second.padStart(9)).padEnd(width);
const print = (...cells: string[]) => console.log(cells.join('').trimEnd());

async function compareStrategies(): Promise<void> {
	print('One task: status calls, and mean seconds from its end to the poll that notices it');
	print('(in brackets the longest); the others as multiples of ours.', '\n');
	const names = Object.keys(OTHERS);
	print(
		''.padEnd(NAME_WIDTH),
		'    ours'.padEnd(OURS_WIDTH),
		...names.map((name) => `   ${name}`.padEnd(THEIRS_WIDTH)),
	);
	print(
		'task'.padEnd(NAME_WIDTH),
		pair('calls', 'late', OURS_WIDTH),
		...names.map(() => pair('calls', 'late', THEIRS_WIDTH)),
	);
	for (const [category, lengths] of Object.entries(LENGTHS) as Array<[Category, number[]]>) {
		for (const length of lengths) {
			const tasks = Array.from(
				{ length: TASKS_A_LENGTH },
				(_, index) => length * (1 - 0.1 * ((index * GOLDEN_SECTION) % 1)),
			);
			const schedule = defaultSchedule(category);
			const ours = await cost(tasks, schedule);
			const cells = [];
			for (const strategy of Object.values(OTHERS)) {
				const theirs = await cost(tasks, strategy(schedule));
				const calls = ratio(theirs.calls, ours.calls);
				cells.push(pair(calls, ratio(theirs.late, ours.late), THEIRS_WIDTH));
			}
			print(
				`${category} ${length} s`.padEnd(NAME_WIDTH),
				pair(ours.calls.toFixed(1), ours.late.toFixed(1), 0),
				` (${ours.latest.toFixed(1)})`.padEnd(OURS_WIDTH - 17),
				...cells,
			);
		}
	}
}

async function compareTogetherWithOneByOne(): Promise<void> {
	print('\n', 'Items awaited together against one after the other: seconds, calls');
	const schedule = defaultSchedule('image');
	for (const tasks of [
		[20, 20, 20],
		[10, 30, 60],
	]) {
		const together = await run(tasks, schedule, tasks.length);
		const oneByOne = await run(tasks, schedule, 1);
		const calls = ({ pollsAtSeconds }: typeof together) => pollsAtSeconds.flat().length;
		print(
			`3 images of ${tasks.join(', ')} s: `.padEnd(30),
			`${together.tookSeconds.toFixed(1)} s and ${calls(together)} calls together, `,
			`${oneByOne.tookSeconds.toFixed(1)} s and ${calls(oneByOne)} calls one by one: `,
			`${ratio(oneByOne.tookSeconds, together.tookSeconds)} the time`,
		);
	}
}

async function main(): Promise<void> {
	await compareStrategies();
	await compareTogetherWithOneByOne();
}

void main();
