import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, REPOSITORY } from './folders.cts';

const workflows = filesBelow(REPOSITORY, '.github/workflows').map((path) => ({
	path,
	text: readFileSync(join(REPOSITORY, path), 'utf8'),
}));

describe.each(workflows)('$path', ({ text }) => {
	it('names each action by its commit, with the version beside it', () => {
		const actions = text.match(/(?<=uses: ).*/g) ?? [];

		expect(actions).not.toEqual([]);
		for (const action of actions) {
			expect(action).toMatch(/^\.\/|^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
		}
	});

	it('gives no job more than it says itself', () => {
		expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)$/m);
	});
});

it('only the job that publishes has the identity to do so, and it runs no test', () => {
	const jobs = workflows.flatMap(({ text }) => text.split(/^(?= {2}[\w-]+:$)/m));
	const withIdentity = jobs.filter((job) => job.includes('id-token: write'));

	expect(withIdentity).toHaveLength(1);
	expect(withIdentity[0]).toMatch(/^ {2}publish:$/m);
	expect(withIdentity[0]).not.toMatch(/npm (run )?test|\.ci\/run|cache: npm/);
});
