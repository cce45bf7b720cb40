import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { type Browser, type Page, chromium, selectors } from 'playwright-core';

/** Where the tests put what they saw. */
const SCREENSHOTS = resolve(__dirname, '..', '..', 'test-results');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Quiet, and fit for a container; the user data folder is a new one at each start. */
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

// As n8n marks the parts of its editor.
selectors.setTestIdAttribute('data-test-id');

function chromiumBinary(): string {
	const folders = (process.env.PATH ?? '').split(delimiter);
	const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
	const found = candidates.find((candidate) => existsSync(candidate));
	if (found) return found;
	throw new Error(
		`The editor tests drive a browser, and there is none: ${NAMES.join(', ')} are not in the PATH. ` +
			"Install Debian's package chromium: apt-get install --no-install-recommends chromium",
	);
}

/**
 * Starts a headless browser without any user data.
 * @throws Error that names the package to install, where there is no browser.
 */
export async function startBrowser(): Promise<Browser> {
	return await chromium.launch({ executablePath: chromiumBinary(), args: FLAGS });
}

/** A picture for people, in test-results/. */
export async function screenshot(page: Page, name: string): Promise<void> {
	mkdirSync(SCREENSHOTS, { recursive: true });
	await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}
