import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderWith, REPOSITORY, runScript } from './folders.cts';

const HEAD = '# Changelog\n\nWhat changes.\n\n';
const OLDER = '## [0.1.0] - 2026-11-22\n\n### Added\n\n- The first node.\n';

function changelog(command: string, content: string, version = '0.2.0') {
	const folder = folderWith({
		'CHANGELOG.md': content,
		'package.json': JSON.stringify({ version }),
	});
	const result = runScript('scripts/changelog.js', [command], folder);
	return { ...result, file: readFileSync(join(folder, 'CHANGELOG.md'), 'utf8') };
}

describe('changelog.js release', () => {
	it('heads the unreleased entries with version and date, and leaves room for the next ones', () => {
		const entries = '### Fixed\n\n- A fault.\n\n';
		const { status, file } = changelog('release', `${HEAD}## [Unreleased]\n\n${entries}${OLDER}`);

		const today = new Date().toISOString().slice(0, 10);
		expect(status).toBe(0);
		expect(file).toBe(`${HEAD}## [Unreleased]\n\n## [0.2.0] - ${today}\n\n${entries}${OLDER}`);
	});

	it.each([
		[
			'without unreleased entries',
			`${HEAD}## [Unreleased]\n\n${OLDER}`,
			'0.2.0',
			'no entries under [Unreleased]',
		],
		['without the heading', `${HEAD}${OLDER}`, '0.2.0', 'no entries under [Unreleased]'],
		[
			'of a version that was released',
			`${HEAD}## [Unreleased]\n\n- A fault.\n\n${OLDER}`,
			'0.1.0',
			'a section 0.1.0 already',
		],
	])('refuses a release %s and changes nothing', (_, content, version, reason) => {
		const { status, stderr, file } = changelog('release', content, version);

		expect(status).toBe(1);
		expect(stderr).toContain(reason);
		expect(file).toBe(content);
	});
});

describe('changelog.js notes', () => {
	const content = `${HEAD}## [Unreleased]\n\n- Later.\n\n## [0.2.0] - 2026-12-01\n\n- Now.\n\n${OLDER}`;

	it.each([
		['0.2.0', '- Now.\n'],
		['0.1.0', '### Added\n\n- The first node.\n'],
	])('prints the entries of version %s alone', (version, notes) => {
		expect(changelog('notes', content, version)).toMatchObject({ status: 0, stdout: notes });
	});

	it.each(['0.2', '0.2.00', '0.3.0'])('refuses version %s, which has no section', (version) => {
		const { status, stderr } = changelog('notes', content, version);

		expect(status).toBe(1);
		expect(stderr).toContain(`no entries under [${version}]`);
	});
});

it('CHANGELOG.md has release notes for the version of the package, in both of its files', () => {
	const read = (file: string) =>
		(JSON.parse(readFileSync(join(REPOSITORY, file), 'utf8')) as { version: string }).version;
	const { status, stdout } = runScript('scripts/changelog.js', ['notes'], REPOSITORY);

	expect(status).toBe(0);
	expect(stdout).toMatch(/^### /);
	expect(read('package-lock.json')).toBe(read('package.json'));
});

it('CHANGELOG.md has headings, dates and sections of Keep a Changelog only', () => {
	const headings = readFileSync(join(REPOSITORY, 'CHANGELOG.md'), 'utf8').match(/^##.*$/gm);

	expect(headings?.[0]).toBe('## [Unreleased]');
	for (const heading of headings?.slice(1) ?? []) {
		expect(heading).toMatch(
			/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$|^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/,
		);
	}
});
