const common = {
	testEnvironment: 'node',
	moduleFileExtensions: ['ts', 'cts', 'js', 'cjs', 'mjs', 'json', 'node'],
	transform: {
		'\\.c?ts$': [
			'@swc/jest',
			{
				jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
				module: { type: 'commonjs' },
				sourceMaps: 'inline',
			},
		],
	},
};

const project = (name, extra = {}) => ({
	...common,
	displayName: name,
	testMatch: [`<rootDir>/test/${name}/**/*.test.{ts,cts}`],
	...extra,
});

const inRealN8n = {
	globalSetup: '<rootDir>/test/e2e/harness/globalSetup.cts',
	globalTeardown: '<rootDir>/test/e2e/harness/globalTeardown.cts',
};

/** Without the files that count status requests: several processes need more of them. */
const QUEUE_MODE_CASES = [
	'action/{cancel,items,output,retry,tool}',
	'examples',
	'media/binaryInputs',
	'pause/{callbacks,workflows}',
	'trigger/deliveries',
	'waiting/{auto,stop}',
];

module.exports = {
	// One more than the two cores that this is measured on: many tests wait for n8n's timer.
	maxWorkers: 3,
	testSequencer: '<rootDir>/test/support/longestFirst.js',
	// A real n8n, and a browser, share the cores with the tests: both take their time.
	testTimeout: 180_000,
	// Most tests in n8n wait for it, or for the simulator: they wait together.
	maxConcurrency: 16,
	projects: [
		project('unit'),
		project('simulator'),
		project('e2e', inRealN8n),
		project('editor', inRealN8n),
		// Takes half an hour, so that only `npm run test:soak` includes it.
		...(process.env.SOAK ? [project('soak', inRealN8n)] : []),
		// Not part of `npm test` either: cases of `e2e` once more, where several processes share the work.
		project('queue', {
			testMatch: QUEUE_MODE_CASES.map((path) => `<rootDir>/test/e2e/${path}.test.cts`),
			globalSetup: '<rootDir>/test/e2e/harness/queueSetup.cts',
			globalTeardown: '<rootDir>/test/e2e/harness/queueTeardown.cts',
		}),
		// Not part of `npm test`: each version of n8n is installed and started by the tests.
		project('compat'),
	],
};
