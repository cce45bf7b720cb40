import {
	cheapestPolls,
	type LengthDistribution,
	type PollCosts,
} from '../../../nodes/shared/tasks/cheapestPolls';

const ANY_GAP = { minGapSeconds: 0, maxGapSeconds: Infinity, firstBySeconds: Infinity };

/** Tasks end evenly between two moments. */
const evenly = (fromSeconds: number, toSeconds: number, stepSeconds = 1): LengthDistribution => {
	const steps = Math.round((toSeconds - fromSeconds) / stepSeconds);
	const doneShare = Array.from({ length: steps + 1 }, (_, step) => step / steps);
	return { fromSeconds, stepSeconds, doneShare };
};

it.each<[string, LengthDistribution, Partial<PollCosts>, number[]]>([
	['a dear poll: once, when all are done', evenly(10, 20), { pollPriceSeconds: 100 }, [20]],
	['a free poll: at every moment', evenly(10, 14), { pollPriceSeconds: 0 }, [11, 12, 13, 14]],
	[
		'a free poll, at least 2 s apart',
		evenly(10, 16),
		{ pollPriceSeconds: 0, minGapSeconds: 2 },
		[12, 14, 16],
	],
	[
		'a dear poll, at most 4 s apart, first by 12 s',
		evenly(10, 20),
		{ pollPriceSeconds: 100, maxGapSeconds: 4, firstBySeconds: 12 },
		[12, 16, 20],
	],
	[
		'tasks that end at two moments: right after each',
		{ fromSeconds: 0, stepSeconds: 1, doneShare: [0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1] },
		{ pollPriceSeconds: 0.1 },
		[1, 8],
	],
])('%s', (_, distribution, costs, expected) => {
	expect(cheapestPolls(distribution, { pollPriceSeconds: 1, ...ANY_GAP, ...costs })).toEqual(
		expected,
	);
});

it('finds no dearer polls than trying all of them does', () => {
	for (const pollPriceSeconds of [0.05, 0.2, 0.5, 1, 2]) {
		const distribution = {
			fromSeconds: 3,
			stepSeconds: 1,
			doneShare: [0, 0.05, 0.2, 0.45, 0.6, 0.8, 0.9, 0.93, 1],
		};
		const polls = cheapestPolls(distribution, { ...ANY_GAP, pollPriceSeconds });
		const least = Math.min(
			...everyChoice(distribution).map((choice) => costOf(choice, distribution, pollPriceSeconds)),
		);
		expect(costOf(polls, distribution, pollPriceSeconds)).toBeCloseTo(least, 9);
	}
});

/** Every set of moments that ends with the last one. */
function everyChoice({ fromSeconds, doneShare }: LengthDistribution): number[][] {
	const last = doneShare.length - 1;
	return Array.from({ length: 2 ** last }, (_, bits) =>
		[...doneShare.keys()]
			.filter((moment) => moment === last || (bits >> moment) & 1)
			.map((moment) => fromSeconds + moment),
	);
}

/** Straight from the definition: tasks end evenly within each second. */
function costOf(
	polls: number[],
	{ fromSeconds, doneShare }: LengthDistribution,
	price: number,
): number {
	let cost = price;
	for (let moment = 1; moment < doneShare.length; moment++) {
		const share = doneShare[moment] - doneShare[moment - 1];
		const noticedBy = polls.findIndex((poll) => poll >= fromSeconds + moment);
		cost += share * (polls[noticedBy] - (fromSeconds + moment - 0.5) + price * noticedBy);
	}
	return cost;
}
