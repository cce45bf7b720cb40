import type * as pauseModule from '../../../../nodes/Apixo/pause/pause';
import type * as memoryModule from '../../../../nodes/Apixo/memory/pauseMemory';
import { FakeExecution, type FakeExecutionOptions } from '../fakeExecution';
import { startProcess } from '../processes';

interface Process {
	pause: typeof pauseModule;
	memory: typeof memoryModule;
}

const start = () =>
	startProcess<Process>(() => ({
		pause: jest.requireActual('../../../../nodes/Apixo/pause/pause'),
		memory: jest.requireActual('../../../../nodes/Apixo/memory/pauseMemory'),
	}));

const NOW_MS = 1_700_000_000_000;
const UNTIL_MS = NOW_MS + 300_000;
const TASKS = ['a', 'b'].map((taskId) => ({ taskId, model: 'nano-banana' }));

/** n8n's database: claims, and what it has kept of the execution. */
function createDatabase() {
	const claims = new Set<string>();
	let saved: ReturnType<FakeExecution['saved']> = {};
	return {
		claims,
		/** The execution as n8n starts or resumes it, from what was saved last. */
		load: (options: FakeExecutionOptions = {}) =>
			new FakeExecution({ claims, contexts: JSON.parse(JSON.stringify(saved)), ...options }),
		save: (execution: FakeExecution) => void (saved = execution.saved()),
	};
}

const BY_TIMER = { reported: new Set(), isCalledBack: false };
const calledBack = (...taskIds: string[]) => ({ reported: new Set(taskIds), isCalledBack: true });

const waiting = { untilMs: UNTIL_MS, tasks: TASKS, resumeOnFirst: false, lastNumber: 0 };

describe('a pause', () => {
	it("is kept with the execution, which waits until n8n's timer", async () => {
		const { pause } = start();
		const execution = new FakeExecution();
		expect(await pause.pauseUntil(execution.context, 0, waiting)).toBe(1);
		expect(execution.pausedUntilMs).toEqual([UNTIL_MS]);
		expect(pause.readPause(execution.saved()['APIXO'])).toEqual({
			runKey: 'execution 1 id of APIXO 0',
			number: 1,
			untilMs: UNTIL_MS,
			tasks: TASKS,
			resumeOnFirst: false,
		});
	});

	it('keeps of its tasks what a callback must know, and no more', async () => {
		const { pause } = start();
		const execution = new FakeExecution();
		const tasks = TASKS.map((task) => ({ ...task, submittedAtMs: 0, submitData: { voice: 'v' } }));
		await pause.pauseUntil(execution.context, 0, { ...waiting, tasks });
		expect(pause.readPause(execution.saved()['APIXO'])?.tasks).toEqual(TASKS);
	});

	it('has a number that no pause of the run had before', async () => {
		const { pause } = start();
		const { context } = new FakeExecution();
		const numbers = [];
		for (const lastNumber of [0, 1, 1, 7, 2]) {
			numbers.push(await pause.pauseUntil(context, 0, { ...waiting, lastNumber }));
		}
		expect(numbers).toEqual([1, 2, 3, 8, 9]);
		expect(await pause.pauseUntil(context, 1, waiting)).toBe(1);
	});

	it('is none where the data is that of version 0.1.0', () => {
		const { pause } = start();
		expect(pause.readPause({ parked: { taskId: 'a' } })).toBeUndefined();
		expect(pause.readPause({ apixoPause: { runKey: 'k' } })).toBeUndefined();
		expect(pause.readPause({})).toBeUndefined();
	});
});

describe('a run continues', () => {
	/** An execution that `one` has paused. */
	async function createPaused(one: Process, database = createDatabase()) {
		const execution = database.load();
		await one.pause.pauseUntil(execution.context, 0, waiting);
		database.save(execution);
		return database;
	}

	it('from no pause where it was in none', async () => {
		const { pause } = start();
		const { context, claims } = new FakeExecution();
		expect(await pause.continueFromPause(context, 0, NOW_MS, 0)).toBeUndefined();
		expect(pause.maySubmit(context)).toBe(true);
		expect(claims.size).toBe(0);
	});

	it('from its own pause, and not from that of another run', async () => {
		const one = start();
		const database = await createPaused(one);
		const { context } = database.load();
		expect(await one.pause.continueFromPause(context, 1, UNTIL_MS, 0)).toBeUndefined();
		expect(await one.pause.continueFromPause(context, 0, UNTIL_MS, 0)).toEqual(BY_TIMER);
		expect(await one.pause.continueFromPause(context, 0, UNTIL_MS, 0)).toBeUndefined();
	});

	it('from a pause and polls at once the tasks that callbacks have announced here', async () => {
		const one = start();
		const database = await createPaused(one);
		one.memory.noteReport('execution 1 id of APIXO 0', 'b');
		one.memory.noteReport('execution 1 id of APIXO 0', 'of another pause');
		one.memory.claimResume('execution 1 id of APIXO 0', 1);
		const { context } = database.load();
		expect(await one.pause.continueFromPause(context, 0, NOW_MS, 0)).toEqual(calledBack('b'));
	});

	it("by n8n's timer of a former pause, and polls by schedule, where callbacks come here", async () => {
		const one = start();
		const database = await createPaused(one);
		one.memory.noteReport('execution 2 id of APIXO 0', 'of another execution');
		const { context } = database.load();
		expect(await one.pause.continueFromPause(context, 0, NOW_MS, 0)).toEqual(BY_TIMER);
	});

	it('from a pause and polls all at once where callbacks have resumed it elsewhere', async () => {
		const database = await createPaused(start());
		const { context } = database.load();
		expect(await start().pause.continueFromPause(context, 0, NOW_MS, 0)).toEqual(
			calledBack('a', 'b'),
		);
	});

	it("by n8n's timer, although a callback has announced a task before", async () => {
		const one = start();
		const database = await createPaused(one);
		one.memory.noteReport('execution 1 id of APIXO 0', 'b');
		const { context } = database.load();
		expect(await one.pause.continueFromPause(context, 0, UNTIL_MS, 0)).toEqual({
			reported: new Set(['b']),
			isCalledBack: false,
		});
	});

	it('from a pause and polls by schedule where the timer has resumed it', async () => {
		const database = await createPaused(start());
		const { context } = database.load();
		expect(await start().pause.continueFromPause(context, 0, UNTIL_MS, 0)).toEqual(BY_TIMER);
	});

	it.each([
		['in this process', true],
		['in another process', false],
	])('%s, and may submit', async (_, isSame) => {
		const one = start();
		const database = await createPaused(one);
		const { context } = database.load();
		const { pause } = isSame ? one : start();
		await pause.continueFromPause(context, 0, UNTIL_MS, 0);
		expect(pause.maySubmit(context)).toBe(true);
	});

	it('a second time in the same process, which remembers, and may submit', async () => {
		const one = start();
		const database = await createPaused(one);
		await one.pause.continueFromPause(database.load().context, 0, UNTIL_MS, 0);
		const second = database.load();
		await one.pause.continueFromPause(second.context, 0, UNTIL_MS, 1);
		expect(one.pause.maySubmit(second.context)).toBe(true);
		expect(database.claims.size).toBe(1);
	});

	it('a second time in the same process, which has forgotten the state, and may submit nothing', async () => {
		const one = start();
		const database = await createPaused(one);
		await one.pause.continueFromPause(database.load().context, 0, UNTIL_MS, 0);
		const second = database.load();
		await one.pause.continueFromPause(second.context, 0, UNTIL_MS, 0);
		expect(one.pause.maySubmit(second.context)).toBe(false);
		database.save(second);
		const retry = database.load({ executionId: 'execution 2' });
		expect(one.pause.maySubmit(retry.context)).toBe(true);
	});

	it('a second time in another process, and may submit nothing for the rest of the execution', async () => {
		const one = start();
		const database = await createPaused(one);
		await one.pause.continueFromPause(database.load().context, 0, UNTIL_MS, 0);

		const other = start();
		const second = database.load();
		await other.pause.continueFromPause(second.context, 0, UNTIL_MS, 0);
		expect(other.pause.maySubmit(second.context)).toBe(false);
		database.save(second);
		const behind = database.load({ nodeName: 'The next APIXO' });
		expect(start().pause.maySubmit(behind.context)).toBe(false);
	});

	it('from a pause whose claim got no answer, and may submit nothing', async () => {
		jest.spyOn(Math, 'random').mockReturnValue(0);
		const one = start();
		const database = await createPaused(one);
		const { context } = database.load({ losesReplies: true });
		expect(await one.pause.continueFromPause(context, 0, UNTIL_MS, 0)).toEqual(BY_TIMER);
		expect(one.pause.maySubmit(context)).toBe(false);
		jest.restoreAllMocks();
	});

	it('from an older pause, and may submit if nobody has continued from the newer one', async () => {
		const one = start();
		const database = await createPaused(one);
		const first = database.load();
		await one.pause.continueFromPause(first.context, 0, UNTIL_MS, 0);
		await one.pause.pauseUntil(first.context, 0, { ...waiting, lastNumber: 1 });

		const again = database.load();
		await one.pause.continueFromPause(again.context, 0, UNTIL_MS, 2);
		expect(one.pause.maySubmit(again.context)).toBe(true);

		database.save(first);
		const other = start();
		const late = database.load();
		await other.pause.continueFromPause(late.context, 0, UNTIL_MS, 0);
		expect(other.pause.maySubmit(late.context)).toBe(false);
	});

	it('from an older pause, and may not submit if another process has continued from the newer one', async () => {
		const one = start();
		const database = await createPaused(one);
		const older = database.load();
		const first = database.load();
		await one.pause.continueFromPause(first.context, 0, UNTIL_MS, 0);
		await one.pause.pauseUntil(first.context, 0, { ...waiting, lastNumber: 1 });
		database.save(first);
		await start().pause.continueFromPause(database.load().context, 0, UNTIL_MS, 0);

		await one.pause.continueFromPause(older.context, 0, UNTIL_MS, 2);
		expect(one.pause.maySubmit(older.context)).toBe(false);
	});
});
