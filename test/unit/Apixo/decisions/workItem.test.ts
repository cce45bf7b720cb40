import type { TaskRequest } from '../../../../nodes/Apixo/decisions/taskRequest';
import { withWork, type WorkItem } from '../../../../nodes/Apixo/decisions/workItem';
import { EVERY_10_S, refusedItem, runState, settings, taskItem } from '../states';

const NOW_MS = 50_000;
const WITHOUT_CALLBACK = { ...EVERY_10_S, intervalSeconds: 20 };

function item(
	entry: WorkItem['entry'] | number,
	{ maxConcurrency = 100, canPause = true } = {},
): WorkItem {
	return {
		entry: typeof entry === 'number' ? request(entry) : entry,
		maxConcurrency,
		canPause,
	};
}

function request(itemIndex: number): TaskRequest {
	return {
		itemIndex,
		model: 'nano-banana',
		body: { request_type: 'async', input: {} },
		schedule: (isOfFormerExecution) => (isOfFormerExecution ? WITHOUT_CALLBACK : EVERY_10_S),
		settings: { ...settings('auto'), reference: 'now' },
		fingerprint: `request ${itemIndex}`,
	};
}

describe('what the items of a run ask for', () => {
	it('is to be submitted, unless it is wrong or submitted already', () => {
		const before = runState([taskItem(0)], { itemCount: 4 });
		const { state, requests } = withWork(
			before,
			[item(0), item(1), item(refusedItem(2)), item(3)],
			NOW_MS,
		);
		expect([...requests.keys()]).toEqual([1, 3]);
		expect(state.items.map(({ itemIndex, status }) => [itemIndex, status])).toEqual([
			[0, 'task'],
			[2, 'refused'],
		]);
	});

	it('changes how a submitted task is waited for, and no more', () => {
		const { items } = withWork(runState([taskItem(0)]), [item(0)], NOW_MS).state;
		expect(items).toMatchObject([{ settings: { reference: 'now' } }]);
		const { state } = withWork(runState([taskItem(0)]), [item(refusedItem(0))], NOW_MS);
		expect(state.items).toEqual([taskItem(0)]);
	});

	it('counts on no callback for the task of an execution that this one retries', () => {
		const former = { ...taskItem(1), isOfFormerExecution: true } as const;
		const { state } = withWork(runState([taskItem(0), former]), [item(0), item(1)], NOW_MS);
		expect(state.items).toMatchObject([
			{ wait: { schedule: EVERY_10_S } },
			{ wait: { schedule: WITHOUT_CALLBACK } },
		]);
	});

	it('bounds the run by the least concurrency, and pauses only where all items may', () => {
		const before = runState([], { itemCount: 2, maxConcurrency: 7, canPause: false });
		const few = item(0, { maxConcurrency: 3 });
		expect(withWork(before, [few, item(1)], NOW_MS).state).toMatchObject({
			maxConcurrency: 3,
			canPause: true,
		});
		const stays = item(1, { canPause: false });
		expect(withWork(before, [few, stays], NOW_MS).state.canPause).toBe(false);
		expect(withWork(before, [], NOW_MS).state).toBe(before);
	});
});
