const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Files that wait for n8n's timer, or start several n8n, beside those that keep a core busy with a
 * browser: begun first, so that no core is idle at the end. Jest knows how long a file takes only
 * where it has run before, which it never has in a fresh clone.
 */
const FIRST = [
	'e2e/queueMode',
	'e2e/waiting/oldData',
	'e2e/pause/restarts',
	'editor/firstResult',
	'e2e/waiting/restarts',
	'editor/examples',
	'e2e/minute',
	'e2e/waiting/deadlines',
	'e2e/trigger/restarts',
	'editor/form',
	'e2e/waiting/outages',
	'e2e/action/errors',
	'editor/canvas',
	'e2e/media/binaryModes',
	'e2e/trigger/deliveries',
	'editor/credential',
	'e2e/faults/',
	'e2e/examples',
	'editor/trigger',
	'e2e/',
];

const rank = ({ path }) => {
	const index = FIRST.findIndex((part) => path.includes(`/test/${part}`));
	return index < 0 ? FIRST.length : index;
};

module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		return super.sort(tests).sort((one, other) => rank(one) - rank(other));
	}
};
