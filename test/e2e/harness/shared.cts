import { N8nApi } from './api.cts';
import { RunningN8n } from './n8n.cts';

/** How globalSetup tells the test files where the n8n is that they share. */
const VARIABLE = 'N8N_NODES_APIXO_SHARED_N8N';

interface Address {
	url: string;
	userFolder: string;
	pid: number;
	cookie: string;
	logFiles: string[];
}

/**
 * Makes an n8n with a logged-in owner known to the test files of this run.
 * @param others in queue mode the processes that work for it
 */
export function shareN8n(n8n: RunningN8n, others: RunningN8n[] = []): void {
	const { url, userFolder, pid, api } = n8n;
	const logFiles = [n8n, ...others].flatMap((each) => each.logFiles);
	const address: Address = { url, userFolder, pid, cookie: api.cookie, logFiles };
	process.env[VARIABLE] = JSON.stringify(address);
}

/**
 * The n8n that all test files share, with the package installed and its owner logged in. It must
 * be left running; a test that stops or kills n8n starts one of its own (startN8n).
 * @throws Error outside the jest projects that have this harness's globalSetup.
 */
export function sharedN8n(): RunningN8n {
	const address = process.env[VARIABLE];
	if (!address) throw new Error('There is no shared n8n: run this test by jest, project e2e');
	const { url, userFolder, pid, cookie, logFiles } = JSON.parse(address) as Address;
	return new RunningN8n(url, userFolder, pid, new N8nApi(url, cookie), logFiles);
}
