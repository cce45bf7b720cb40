import { type Stage, jsons, openStage, runOf } from '../action/support.cts';
import type { FaultWords } from '../../simulator/simulator.cts';
import { numbered, taskIdsOf } from '../pause/support.cts';
import { TIMER_MS, untilMs, video } from './support.cts';

jest.setTimeout(2 * TIMER_MS);

const FAULTS: FaultWords[] = ['http:503', 'drop', 'garbage:502', 'silence', 'http:522'];
const SECONDS = [10, 30, 60, 90];

/** Each wait is one of 300 s; its task is done long before that. */
const TIMEOUT = { timeout: 300, pollInterval: 5, pollingStrategy: 'fixed' };

interface Completion {
	completion: 'poll' | 'auto';
	/** `auto` is paused until its first poll, and polls in process then. */
	initialWait: number;
	/** When the outage begins: at a poll, in any case. */
	fromSeconds(outageSeconds: number): number;
}

const COMPLETIONS: Completion[] = [
	{ completion: 'poll', initialWait: 1, fromSeconds: () => 5 },
	{ completion: 'auto', initialWait: 60, fromSeconds: (seconds) => 65 - Math.max(10, seconds / 2) },
];

const CELLS = COMPLETIONS.flatMap((how) =>
	FAULTS.flatMap((fault) => SECONDS.map((seconds) => ({ ...how, fault, seconds }))),
);
type Cell = (typeof CELLS)[number];
const nameOf = ({ completion, fault, seconds }: Cell) => `${completion}, ${fault} for ${seconds} s`;

const items = numbered(4);
interface Running {
	stage: Stage;
	executionId: string;
	outage: Promise<void>;
}
const cells = new Map<string, Running>();

const faultsOf = ({ simulator }: Stage) =>
	simulator.requests({ endpoint: 'statusTask' }).filter(({ fault }) => fault !== undefined);

/** However late the polls come on a busy machine, each of the waits meets the outage. */
async function haveOutage(stage: Stage, cell: Cell): Promise<void> {
	const { simulator } = stage;
	const beginMs = simulator.tasks()[0].submittedAtMs + cell.fromSeconds(cell.seconds) * 1_000;
	await untilMs(beginMs);
	simulator.outage('statusTask', cell.fault);
	await untilMs(beginMs + cell.seconds * 1_000);
	const met = () => new Set(faultsOf(stage).map(({ taskId }) => taskId)).size;
	await simulator.until(() => met() === items.length, TIMER_MS);
	simulator.endOutage();
}

/** All at once: they share n8n, and their minutes. */
beforeAll(async () => {
	await Promise.all(
		CELLS.map(async (cell) => {
			const { completion, initialWait } = cell;
			// APIXO is not to say by a callback what the polls cannot tell.
			const stage = await openStage({ defaults: { seconds: 60, callback: { never: true } } });
			const { executionId } = await stage.start({
				items,
				parameters: { ...video({ options: { ...TIMEOUT, initialWait } }), completion },
			});
			await stage.simulator.until(({ tasks }) => tasks().length === items.length);
			const outage = haveOutage(stage, cell);
			outage.catch(() => {});
			cells.set(nameOf(cell), { stage, executionId, outage });
		}),
	);
}, 2 * TIMER_MS);

describe('the status API is away in the middle of four waits, and each gets its result', () => {
	it.each(CELLS.map((cell) => [nameOf(cell), cell] as const))('%s', async (name) => {
		const { stage, executionId, outage } = cells.get(name) as Running;
		await outage;
		const execution = await stage.api.waitForExecution(executionId, { timeoutMs: TIMER_MS });
		expect(runOf(execution).error.message).toBe('');
		expect(jsons(runOf(execution).output).map(({ taskId, state }) => [taskId, state])).toEqual(
			taskIdsOf(stage, items).map((taskId) => [taskId, 'success']),
		);
	});
});

describe('a body that drips a byte in four seconds', () => {
	it.concurrent('holds back its own task until the limit, and no neighbour', async () => {
		const stage = await openStage({ defaults: { seconds: 2 } });
		const drips = Array.from({ length: 20 }, () => ({ kind: 'drip', seconds: 4 }) as const);
		stage.simulator.plan({ promptIncludes: 'prompt 1' }, { statusFaults: drips });
		const options = { initialWait: 1, pollInterval: 1, pollingStrategy: 'fixed', timeout: 20 };
		const { execution, output } = await stage.run({
			items: numbered(3),
			parameters: { options },
			onError: 'continueRegularOutput',
		});
		const ids = taskIdsOf(stage, numbered(3));
		expect(output.map(({ json }) => json.state ?? json.error)).toEqual([
			'success',
			expect.stringMatching(
				new RegExp(`^Task not done within 20 seconds; .*\\(task ${ids[1]}\\)$`),
			),
			'success',
		]);
		const [{ submittedAtMs }] = stage.simulator.tasks();
		const tookSeconds = (Date.parse(String(execution.stoppedAt)) - submittedAtMs) / 1_000;
		expect(tookSeconds).toBeGreaterThan(19);
		// The poll at the limit may take five seconds.
		expect(tookSeconds).toBeLessThan(28);
		for (const neighbour of [ids[0], ids[2]]) {
			const polls = stage.simulator.requests({ endpoint: 'statusTask', taskId: neighbour });
			expect(polls.at(-1)?.atMs).toBeLessThan(submittedAtMs + 10_000);
		}
	});
});
