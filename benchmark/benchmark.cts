/**
 * Everything that this project claims of its speed, measured in one run and written to
 * benchmark/results/: schedules over all models of the catalogue, then comparisons in a real n8n
 * with what n8n has itself, then the package.
 *
 *     npm run benchmark                  all of it, two hours
 *     npm run benchmark -- --schedules   only what needs no n8n
 *     npm run benchmark -- --only trigger,load --rounds 1   parts of it; the other results stay
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CATEGORY_VALUES } from '../nodes/shared/models/categories.ts';
import { N8N_VERSION, ensureN8n } from '../test/e2e/harness/install.cts';
import { LIMIT_BYTES } from '../test/soak/memoryStage.cts';
import { meanBatch } from './batch.cts';
import { callbackToNext } from './callback.cts';
import { downloadMemory } from './downloadMemory.cts';
import { itemsTime } from './items.cts';
import { modelLengths } from './lengths.cts';
import { pollingLoops } from './loops.cts';
import { loadTimesMs, packageSize } from './package.cts';
import { EXECUTIONS, pausedUntilCallback, pausedUntilTimer } from './paused.cts';
import { plotBars, plotSchedules } from './plot.cts';
import { measured, ratio, valuesOf, type Measured, type Rounds } from './rounds.cts';
import { compareSchedules, simulate } from './schedules.cts';
import { withStage, type Stage } from './stage.cts';
import { BARE, deliveries, OURS, steadyDeliveries, STRANGER, THEIRS } from './trigger.cts';
import { waitingTasks } from './waiting.cts';
import { twoWorkers } from './workers.cts';

const RESULTS = join(__dirname, 'results');
const SPREADS = [0.25, 0.1];
/** How many times as long as expected tasks take. */
const TIMES_EXPECTED = [0.5, 0.7, 1, 1.4, 2];
const ITEM_COUNTS = [1, 5, 20, 100, 500, 1_000];
const DELIVERIES_A_ROUND = { vm: 100, legacy: 1_000 };
/** How many executions run at once while many are paused, by database. */
const PLACES = { sqlite: '5 at once', postgres: 'two workers, 5 at once in each' };
const ENDURANCE_SECONDS = 300;
/** What the trigger takes on two cores, by expression engine. */
const ENDURANCE_PER_SECOND = { vm: 8, legacy: 50 };

interface Target {
	what: string;
	target: string;
	measured: string;
	met: boolean;
}

/** What a part found, and what of it is promised. */
interface Findings {
	targets: Target[];
	/** Where it is not measured in as many rounds as was asked for. */
	rounds?: number;
	results: unknown;
}

/** The same with where it was found. */
type Part = Findings & Awaited<ReturnType<typeof conditions>>;

const log = (line: string) => console.error(line);
const fixed = (value: number | undefined) => value?.toFixed(2) ?? '';
const round = (value: unknown) =>
	typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
const shown = (value: number | Measured, unit: string) =>
	typeof value === 'number'
		? `${fixed(value)}${unit}`
		: `${fixed(value.median)}${unit} (${fixed(value.least)} to ${fixed(value.most)})`;
const middle = (value: number | Measured) => (typeof value === 'number' ? value : value.median);

function atMost(what: string, value: number | Measured, most: number, unit = ''): Target {
	const met = middle(value) <= most;
	return { what, target: `at most ${most}${unit}`, measured: shown(value, unit), met };
}

function atLeast(what: string, value: number | Measured, least: number): Target {
	const met = middle(value) >= least;
	return { what, target: `at least ${least}`, measured: shown(value, ''), met };
}

function schedules(): Findings {
	const compared = SPREADS.map((spread) => {
		const comparisons = compareSchedules(spread);
		const percent = `${spread * 100} %`;
		console.log(`\nPolls and delay over 44 models, lengths spread by ${percent}`);
		console.table(
			comparisons.map(({ schedule, polls, delaySeconds, limitSeconds, timesLimit }) => ({
				schedule,
				polls: fixed(polls),
				'delay (s)': fixed(delaySeconds),
				'limit (s)': fixed(limitSeconds),
				'times limit': fixed(timesLimit),
			})),
		);
		const title = `Polling 44 models, lengths spread by ${percent}`;
		write(`schedules-${spread * 100}-percent.svg`, plotSchedules(title, comparisons));
		return { spread, comparisons };
	});
	const of = (spread: number, schedule: string) => {
		const { comparisons = [] } = compared.find((result) => result.spread === spread) ?? {};
		const found = comparisons.find((comparison) => comparison.schedule === schedule);
		if (!found) throw new Error(`${schedule} was not measured`);
		return found;
	};
	const cold = of(0.25, 'adaptive, nothing learned');
	const learned = of(0.25, 'adaptive, after 20 tasks');
	const exact = of(0.1, 'adaptive, after 20 tasks');
	const cases = [false, true].flatMap((isGuessed) =>
		TIMES_EXPECTED.map((timesExpected) => ({ isGuessed, timesExpected })),
	);
	const unexpected = cases.map(({ isGuessed, timesExpected }) => {
		const all = modelLengths(0.25, timesExpected);
		const models = all.filter((model) => model.isGuessed === isGuessed);
		const adaptive = simulate('adaptive, nothing learned', models);
		const guide = simulate("guide's interval by kind", models);
		return { isGuessed, timesExpected, adaptive, guide };
	});
	console.log('\nNothing learned, where tasks take other than expected');
	console.table(
		unexpected.map(({ isGuessed, timesExpected, adaptive, guide }) => ({
			'usual length': isGuessed ? 'guessed' : "named by APIXO's pages",
			'times expected': timesExpected,
			polls: fixed(adaptive.polls),
			'delay (s)': fixed(adaptive.delaySeconds),
			"guide's polls": fixed(guide.polls),
			"guide's delay (s)": fixed(guide.delaySeconds),
		})),
	);
	const batches = batchCases().map((batch) => ({
		...batch,
		...meanBatch(
			modelLengths(0.25).filter(({ category }) => category === batch.category),
			batch,
		),
	}));
	console.log('\nRuns of 100 items, lengths spread by 25 %');
	console.table(
		batches.map((batch) => ({
			models: batch.category,
			'at once': batch.maxConcurrency,
			'tasks learned before': batch.learnedCount,
			polls: fixed(batch.polls),
			'delay (s)': fixed(batch.delaySeconds),
			'times the longest': fixed(batch.timesLongest),
			'most polls in a second': batch.mostPollsInASecond,
		})),
	);
	const targets = [
		atMost('Polls, nothing learned', cold.polls, 8),
		atMost('Delay, nothing learned', cold.delaySeconds, 5, ' s'),
		atMost('Polls after 20 tasks', learned.polls, 8),
		atMost('Delay after 20 tasks', learned.delaySeconds, 2.4, ' s'),
		atMost('Polls after 20 tasks, 10 % spread', exact.polls, 8),
		atMost('Delay after 20 tasks, 10 % spread', exact.delaySeconds, 1, ' s'),
	];
	return { rounds: 1, targets, results: { compared, unexpected, batches } };
}

/** Runs of 100 items, a few at once and all of them. */
function batchCases() {
	return CATEGORY_VALUES.flatMap((category) =>
		[5, 100].flatMap((maxConcurrency) =>
			[0, 20].map((learnedCount) => ({ category, items: 100, maxConcurrency, learnedCount })),
		),
	);
}

/** Prints all values of each round. */
function tabulate(rounds: Rounds<object>): void {
	console.table(
		Object.entries(rounds).flatMap(([what, values]) => values.map((each) => ({ what, ...each }))),
	);
}

/** Prints rounds as a table and plots them, each beside what it is compared with. */
function show(name: string, title: string, rounds: Rounds): void {
	console.log(`\n${title}`);
	console.table(
		Object.entries(rounds).map(([what, values]) => {
			const { median, least, most } = measured(values);
			return { what, median: fixed(median), least: fixed(least), most: fixed(most) };
		}),
	);
	write(`${name}.svg`, plotBars(title, rounds));
}

async function callback(stage: Stage, rounds: number): Promise<Findings> {
	const results = await callbackToNext(stage, rounds);
	show('callback', 'From callback to next node, ms', results);
	const timesWait = ratio(results, 'APIXO node', 'Wait');
	return { results, targets: [atMost("Callback to next node, times n8n's Wait", timesWait, 1.5)] };
}

const trigger =
	(engine: 'vm' | 'legacy') =>
	async (stage: Stage, rounds: number): Promise<Findings> => {
		const results = await deliveries(stage, rounds, DELIVERIES_A_ROUND[engine]);
		const perSecond = valuesOf(results, 'perSecond');
		const latencyMs = valuesOf(results, 'latencyMs');
		show(`trigger-${engine}-rate`, `Callbacks a second, ${engine} expressions`, perSecond);
		show(`trigger-${engine}-latency`, `Answer after, ms, ${engine} expressions`, latencyMs);
		const what = `${engine} expressions`;
		const most = shown(ratio(perSecond, BARE, THEIRS), '');
		console.log(`A bare trigger takes ${most} times as many as the Webhook node`);
		return {
			results,
			targets: [
				atLeast(
					`Callbacks a second, times the Webhook node, ${what}`,
					ratio(perSecond, OURS.signed, THEIRS),
					0.8,
				),
				atLeast(
					`The same, without signature, ${what}`,
					ratio(perSecond, OURS.unsigned, THEIRS),
					0.8,
				),
				atLeast(
					`Callbacks a second, times a bare trigger, ${what}`,
					ratio(perSecond, OURS.signed, BARE),
					0.95,
				),
				atLeast(
					`Strangers refused a second, times a Webhook node that refuses, ${what}`,
					ratio(perSecond, STRANGER.ours, STRANGER.theirs),
					0.95,
				),
			],
		};
	};

const endurance =
	(engine: 'vm' | 'legacy') =>
	async (stage: Stage): Promise<Findings> => {
		const perSecond = ENDURANCE_PER_SECOND[engine];
		const results = await steadyDeliveries(stage, ENDURANCE_SECONDS, perSecond);
		const minutes = ENDURANCE_SECONDS / 60;
		const title = `${perSecond} callbacks a second for ${minutes} minutes, ${engine} expressions`;
		const growth = valuesOf(results, 'kilobytesARun');
		show(`endurance-${engine}`, `${title}: growth of n8n, kB a run`, growth);
		const [{ lost }] = results[OURS.signed];
		return { rounds: 1, results, targets: [atMost(`${title}: lost`, lost, 0)] };
	};

async function loops(stage: Stage, rounds: number): Promise<Findings> {
	const results = await pollingLoops(stage, rounds);
	show('loop-delay', "From a task's end to the next node, s", valuesOf(results, 'delaySeconds'));
	show('loop-polls', 'Status requests a task', valuesOf(results, 'polls'));
	return { results, targets: [] };
}

async function items(stage: Stage, rounds: number): Promise<Findings> {
	const results = await itemsTime(stage, rounds, ITEM_COUNTS);
	console.log('\nWall time of many items');
	console.table(
		results.map(({ items: count, seconds, timesLongest }) => ({
			items: count,
			seconds: shown(seconds, ''),
			'times the longest task': shown(timesLongest, ''),
		})),
	);
	const hundred = results.find((result) => result.items === 100);
	const times = hundred?.timesLongest ?? NaN;
	const target = atMost('100 items, times the longest task and its submission', times, 1.1);
	return { results, targets: [target] };
}

async function waiting(stage: Stage, rounds: number): Promise<Findings> {
	const results = await waitingTasks(stage, rounds);
	const percent = valuesOf(results, 'corePercent');
	const megabytes = valuesOf(results, 'megabytes');
	show('waiting-cpu', '100 waiting tasks: CPU of n8n, % of a core', percent);
	show('waiting-memory', '100 waiting tasks: memory that n8n uses, MB', megabytes);
	const above = (rounds: Rounds, name: string) =>
		measured(rounds[name].map((value, index) => value - rounds.Idle[index]));
	return {
		results,
		targets: [
			atMost('100 tasks polled, CPU above idle', above(percent, 'Polled'), 2, ' % of a core'),
			atMost('100 tasks polled, memory above idle', above(megabytes, 'Polled'), 20, ' MB'),
			atMost('100 tasks paused, CPU above idle', above(percent, 'Paused'), 0.5, ' % of a core'),
			atMost('100 tasks paused, memory above idle', above(megabytes, 'Paused'), 20, ' MB'),
		],
	};
}

const paused =
	(where: keyof typeof PLACES) =>
	async (stage: Stage, rounds: number): Promise<Findings> => {
		const results = await pausedUntilCallback(stage, rounds);
		const what = `${EXECUTIONS} paused executions, ${PLACES[where]}`;
		tabulate(results);
		const kilobytes = valuesOf(results, 'kilobytesEach');
		show(`paused-${where}-database`, `${what}: database, kB each`, kilobytes);
		const seconds = valuesOf(results, 'doneAfterSeconds');
		show(`paused-${where}-resumed`, `${what}: called back in 10 s, all done after, s`, seconds);
		return { results, targets: [] };
	};

const pausedByTimer =
	(where: keyof typeof PLACES) =>
	async (stage: Stage, rounds: number): Promise<Findings> => {
		const results = await pausedUntilTimer(stage, rounds);
		const title = `${EXECUTIONS} timers end at once, ${PLACES[where]}: all done after, s`;
		tabulate(results);
		show(`paused-${where}-timer`, title, valuesOf(results, 'doneAfterSeconds'));
		return { results, targets: [] };
	};

async function workers(rounds: number): Promise<Findings> {
	const results = await twoWorkers(rounds, log);
	show('workers', 'Whole generations a second, queue mode', results);
	const times = ratio(results, '2 workers', '1 worker');
	return { results, targets: [atLeast('Generations, 2 workers against 1', times, 1.8)] };
}

async function load(rounds: number): Promise<Findings> {
	const results = await loadTimesMs(rounds);
	show('load', 'Loading node files once n8n is up, ms of CPU', results);
	const both = results.APIXO.map((ms, index) => ms + results['APIXO Trigger'][index]);
	return { results, targets: [atMost('Loading both nodes', measured(both), 20, ' ms')] };
}

async function size(): Promise<Findings> {
	const results = await packageSize();
	const targets = [
		atMost('Package, packed', results.packedBytes / 1000, 90, ' kB'),
		atMost('Package, unpacked', results.unpackedBytes / 1000, 360, ' kB'),
	];
	return { rounds: 1, targets, results };
}

async function download(): Promise<Findings> {
	const results = await downloadMemory();
	const what = 'Memory while 300 MB are downloaded';
	return {
		rounds: 1,
		results,
		targets: [atMost(what, results.growthBytes / 1e6, LIMIT_BYTES / 1e6, ' MB')],
	};
}

/** In n8n with its default expression engine. */
const IN_N8N = {
	callback,
	trigger: trigger('vm'),
	endurance: endurance('vm'),
	loops,
	items,
};
/** In an n8n that nothing else has run in, since its memory is measured. */
const ALONE = { waiting };
const LEGACY = { triggerLegacy: trigger('legacy'), enduranceLegacy: endurance('legacy') };
/** Where a host limits how many executions run at once. */
const FIVE_AT_ONCE = { N8N_CONCURRENCY_PRODUCTION_LIMIT: '5' };
const LIMITED = { paused: paused('sqlite'), pausedByTimer: pausedByTimer('sqlite') };
/** With n8n's default of 2 it fails many executions when callbacks come in a burst: docs/scaling.md. */
const CONNECTIONS = { DB_POSTGRESDB_POOL_SIZE: '10' };
const LIMITED_WORKERS = {
	pausedInQueueMode: paused('postgres'),
	pausedByTimerInQueueMode: pausedByTimer('postgres'),
};
const WITHOUT_STAGE = { workers, load, size, download };

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			schedules: { type: 'boolean' },
			only: { type: 'string' },
			rounds: { type: 'string', default: '3' },
		},
	});
	const only = values.schedules ? ['schedules'] : values.only?.split(',');
	const rounds = Number(values.rounds);
	// An n8n that was started ends with this process; see n8n.cts.
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
	mkdirSync(RESULTS, { recursive: true });

	const parts: Record<string, Part> = {};
	const names = [
		'schedules',
		...[IN_N8N, ALONE, LEGACY, LIMITED, LIMITED_WORKERS, WITHOUT_STAGE].flatMap(Object.keys),
	];
	const unknown = only?.filter((name) => !names.includes(name)) ?? [];
	if (unknown.length > 0) throw new Error(`No such part: ${unknown}; there are ${names}`);
	const chosen = <T,>(all: Record<string, T>) =>
		Object.entries(all).filter(([name]) => only?.includes(name) ?? true);
	const measure = async (name: string, part: () => Findings | Promise<Findings>) => {
		log(name);
		const findings = await part();
		parts[name] = { ...(await conditions(rounds)), ...findings };
		write('results.json', json({ ...earlierParts(), ...parts }));
	};
	for (const [name, part] of chosen({ schedules })) await measure(name, part);
	for (const [env, inN8n, inQueueMode] of [
		[{}, chosen<(stage: Stage, rounds: number) => Promise<Findings>>(IN_N8N)],
		[{}, chosen(ALONE)],
		[{ N8N_EXPRESSION_ENGINE: 'legacy' }, chosen(LEGACY)],
		[FIVE_AT_ONCE, chosen(LIMITED)],
		[{ ...FIVE_AT_ONCE, ...CONNECTIONS }, chosen(LIMITED_WORKERS), true],
	] as const) {
		if (inN8n.length === 0) continue;
		await withStage(
			async (stage) => {
				for (const [name, part] of inN8n) {
					await measure(name, async () => await part(stage, rounds));
				}
			},
			{ env, inQueueMode, log },
		);
	}
	for (const [name, part] of chosen(WITHOUT_STAGE)) {
		await measure(name, async () => await part(rounds));
	}

	const targets = Object.values(parts).flatMap((part) => part.targets);
	console.log('\nTargets');
	console.table(targets);
}

function earlierParts(): Record<string, Part> {
	const file = join(RESULTS, 'results.json');
	return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Part>) : {};
}

/** Under what a part was measured; `load` is the mean number of processes that wanted to run. */
async function conditions(rounds: number) {
	const { nodeBinary } = await ensureN8n({ log });
	const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
	const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' });
	const date = new Date().toISOString().slice(0, 10);
	const machine = {
		cpu: `${cpus().length} x ${cpus()[0].model}`,
		memoryGigabytes: Math.round(totalmem() / 2 ** 30),
		// The one that n8n runs on.
		node: execFileSync(nodeBinary, ['--version'], { encoding: 'utf8' }).trim(),
		n8n: N8N_VERSION,
		load: loadavg()[0],
	};
	return { version, commit: commit.trim(), date, machine, rounds };
}

function json(value: unknown): string {
	return `${JSON.stringify(value, (_, inner: unknown) => round(inner), '\t')}\n`;
}

function write(name: string, text: string): void {
	writeFileSync(join(RESULTS, name), text);
}

main().catch((error: Error) => {
	console.error(error);
	process.exit(1);
});
