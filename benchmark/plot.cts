/** Plots as SVG. */
import { measured, type Rounds } from './rounds.cts';
import type { Comparison } from './schedules.cts';

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 60;
const RIGHT = 20;
const TOP = 40;
const BOTTOM = 50;
const POLLS = { least: 1, most: 150 };
const SECONDS = { least: 0.3, most: 30 };
const POLL_TICKS = [1, 2, 5, 10, 20, 50, 100];
const SECOND_TICKS = [0.5, 1, 2, 5, 10, 20];

/** Both axes are logarithmic. */
const along = (value: number, { least, most }: typeof POLLS) =>
	Math.log(value / least) / Math.log(most / least);
const x = (polls: number) => LEFT + along(polls, POLLS) * (WIDTH - LEFT - RIGHT);
const y = (seconds: number) => HEIGHT - BOTTOM - along(seconds, SECONDS) * (HEIGHT - TOP - BOTTOM);
const text = (left: number, top: number, words: string, more = '') =>
	`<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${more}>${words}</text>`;

/** Delay against polls: each schedule a point, the limit a line. */
export function plotSchedules(title: string, comparisons: Comparison[]): string {
	const limit = [...comparisons]
		.sort((a, b) => a.polls - b.polls)
		.flatMap(({ polls, limitSeconds }) =>
			limitSeconds === undefined ? [] : [`${x(polls).toFixed(1)},${y(limitSeconds).toFixed(1)}`],
		);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${text(LEFT, 22, title, 'font-size="15"')}
<g stroke="#ddd">
${POLL_TICKS.map((tick) => `<path d="M${x(tick).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}"/>`).join('\n')}
${SECOND_TICKS.map((tick) => `<path d="M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}"/>`).join('\n')}
</g>
${POLL_TICKS.map((tick) => text(x(tick), HEIGHT - BOTTOM + 16, String(tick), 'text-anchor="middle"')).join('\n')}
${SECOND_TICKS.map((tick) => text(LEFT - 6, y(tick) + 4, String(tick), 'text-anchor="end"')).join('\n')}
${text(WIDTH / 2, HEIGHT - 12, 'polls a task', 'text-anchor="middle"')}
${text(16, HEIGHT / 2, 'mean delay, seconds', `text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})"`)}
<polyline points="${limit.join(' ')}" fill="none" stroke="#888" stroke-dasharray="5 4"/>
${labelled(comparisons)
	.map(({ schedule, polls, delaySeconds, label }) => {
		const color = schedule.startsWith('adaptive') ? '#d33' : '#346';
		const point = `<circle cx="${x(polls).toFixed(1)}" cy="${y(delaySeconds).toFixed(1)}" r="4" fill="${color}"/>`;
		return `${point}\n${text(label.left, label.bottom, schedule, `fill="${color}"`)}`;
	})
	.join('\n')}
${text(WIDTH - RIGHT, HEIGHT - BOTTOM - 8, 'dashed: the least delay for as many polls', 'text-anchor="end" fill="#666"')}
</svg>
`;
}

/** Of the labels' letters, about. */
const LETTER = { width: 6.6, height: 13 };

/** Where each point's label is: beside it, but below labels that it would cover. */
function labelled(comparisons: Comparison[]) {
	const placed: Array<Comparison & { label: { left: number; right: number; bottom: number } }> = [];
	for (const comparison of [...comparisons].sort((a, b) => b.delaySeconds - a.delaySeconds)) {
		const width = comparison.schedule.length * LETTER.width;
		const at = x(comparison.polls);
		const left = at > WIDTH * 0.7 ? at - 8 - width : at + 8;
		const right = left + width;
		const above = placed.filter(({ label }) => label.left < right && left < label.right);
		const lowest = Math.max(...above.map(({ label }) => label.bottom), -Infinity);
		const bottom = Math.max(y(comparison.delaySeconds) - 6, lowest + LETTER.height);
		placed.push({ ...comparison, label: { left, right, bottom } });
	}
	return placed;
}

const BAR = { left: 290, height: 16, row: 30 };

/** A bar for each thing that was compared: its median, and a line from the least to the most. */
export function plotBars(title: string, rounds: Rounds): string {
	const bars = Object.entries(rounds).map(([name, values]) => ({ name, ...measured(values) }));
	const longest = Math.max(...bars.map(({ most }) => most));
	const right = (value: number) => BAR.left + (value / longest) * (WIDTH - BAR.left - 2 * LEFT);
	const height = TOP + bars.length * BAR.row + RIGHT;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${text(RIGHT, 22, title, 'font-size="15"')}
${bars
	.map(({ name, median, least, most }, row) => {
		const top = TOP + row * BAR.row;
		const middle = top + BAR.height / 2;
		const color = name.startsWith('APIXO') ? '#d33' : '#346';
		const width = right(median) - BAR.left;
		return `${text(BAR.left - 8, middle + 4, name, 'text-anchor="end"')}
<rect x="${BAR.left}" y="${top}" width="${width.toFixed(1)}" height="${BAR.height}" fill="${color}"/>
<path d="M${right(least).toFixed(1)} ${middle}H${right(most).toFixed(1)}" stroke="#999" stroke-width="2"/>
${text(right(most) + 8, middle + 4, threeDigits(median))}`;
	})
	.join('\n')}
</svg>
`;
}

const threeDigits = (value: number) => String(Number(value.toPrecision(3)));
