import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.cts';

const USAGE = `Simulates the APIXO API on this machine.

  npm run simulator -- [--port 8787] [--time-scale 10] [--balance 100]

  --port        where to listen, default 8787
  --time-scale  simulated seconds a real second, default 1
  --balance     of the API key, USD, default 100`;

/** A number from the command line; throws a sentence when it is none. */
function numberOption(name: string, text: string | undefined, ifUnset: number): number {
	const value = Number(text ?? ifUnset);
	if (!Number.isFinite(value) || value < 0) {
		throw new Error(`--${name} takes a number, not "${text}"`);
	}
	return value;
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			port: { type: 'string' },
			'time-scale': { type: 'string' },
			balance: { type: 'string' },
			help: { type: 'boolean' },
		},
	});
	if (values.help) {
		console.log(USAGE);
		return;
	}
	const timeScale = numberOption('time-scale', values['time-scale'], 1);
	if (timeScale === 0) throw new Error('--time-scale must be greater than 0');
	const simulator = await startSimulator({
		port: numberOption('port', values.port, 8787),
		balanceUsd: numberOption('balance', values.balance, 100),
		timeScale,
	});
	console.log(`The APIXO simulator runs, ${timeScale} simulated seconds a second.

  Base URL  ${simulator.baseUrl}
  API key   ${simulator.apiKey}

Say in the prompt what is to happen:
  a red fox [[seconds=20 outcome=failed failCode=NSFW]]
or in the input: { "simulate": { "files": 4, "statusFaults": [{ "kind": "http", "status": 503 }] } }

See what came, and give orders, under ${simulator.url}/_simulator/
  GET   requests, tasks, counts
  POST  plan, fault, outage, endOutage, finish, callback, reset

Ctrl+C ends it.`);

	const end = () => void simulator.stop().then(() => process.exit(0));
	process.once('SIGINT', end);
	process.once('SIGTERM', end);
}

main().catch((error: Error) => {
	console.error(error.message);
	console.error(`\n${USAGE}`);
	process.exitCode = 1;
});
