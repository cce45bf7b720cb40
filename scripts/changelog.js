/**
 * Works on CHANGELOG.md, which has the form of Keep a Changelog (https://keepachangelog.com), for
 * the version in package.json, in the current folder:
 *
 *   node scripts/changelog.js release   moves what is under "Unreleased" under version and date
 *   node scripts/changelog.js notes     prints what is under the version
 *
 * Ends with code 1 and a sentence when there is nothing to release or to print. Needs no dependency.
 */
const { readFileSync, writeFileSync } = require('node:fs');

const FILE = 'CHANGELOG.md';
const UNRELEASED = '[Unreleased]';

/** What is between the heading of a version and the next version's heading, trimmed. */
function entriesUnder(changelog, title) {
	const section = changelog
		.split(/^## /m)
		.find((candidate) => candidate.startsWith(`${title}\n`) || candidate.startsWith(`${title} `));
	return section?.slice(section.indexOf('\n')).trim() ?? '';
}

function release(changelog, version, date) {
	if (!entriesUnder(changelog, UNRELEASED)) {
		throw new Error(`${FILE} has no entries under ${UNRELEASED}`);
	}
	if (entriesUnder(changelog, `[${version}]`)) {
		throw new Error(`${FILE} has a section ${version} already`);
	}
	return changelog.replace(`## ${UNRELEASED}\n`, `## ${UNRELEASED}\n\n## [${version}] - ${date}\n`);
}

function notes(changelog, version) {
	const entries = entriesUnder(changelog, `[${version}]`);
	if (!entries) throw new Error(`${FILE} has no entries under [${version}]`);
	return entries;
}

try {
	const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
	const changelog = readFileSync(FILE, 'utf8');
	const [command] = process.argv.slice(2);
	if (command === 'release') {
		writeFileSync(FILE, release(changelog, version, new Date().toISOString().slice(0, 10)));
	} else if (command === 'notes') {
		console.log(notes(changelog, version));
	} else {
		throw new Error('Usage: node scripts/changelog.js release | notes');
	}
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
}
