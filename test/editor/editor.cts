import type { Browser, Locator, Page } from 'playwright-core';
import { LOGIN } from '../e2e/harness/api.cts';
import { sharedN8n } from '../e2e/harness/shared.cts';
import type { CredentialReference } from '../e2e/harness/workflows.cts';
import { type Simulator, startSimulator } from '../simulator/simulator.cts';
import { DEFAULT_TIMEOUT_MS, eventuallyHolds } from '../support/eventually.cts';
import { screenshot, startBrowser } from './browser.cts';

const WINDOW = { width: 1400, height: 900 };

/** How long a list may take to open, or its entry to hold still, before both are looked for anew. */
const SETTLED_WITHIN_MS = 3_000;

/** n8n's editor, as a person sees and uses it. */
export class Editor {
	constructor(
		readonly page: Page,
		private readonly url: string,
	) {}

	/** Logs in by the form. */
	async logIn(): Promise<void> {
		await this.page.goto(`${this.url}/signin`, { waitUntil: 'domcontentloaded' });
		await this.page.locator('input[name=emailOrLdapLoginId]').fill(LOGIN.email);
		await this.page.locator('input[name=password]').fill(LOGIN.password);
		await this.page.getByTestId('form-submit-button').click();
		await this.page.getByTestId('project-home-menu-item').waitFor();
	}

	/** Leaves what is open, unsaved, and opens a workflow. */
	async openWorkflow(id: string): Promise<void> {
		const canvas = this.page.getByTestId('canvas-controls');
		await this.goWithinEditor('/home/workflows');
		const question = this.page.getByRole('dialog', { name: 'Save changes before leaving?' });
		await eventuallyHolds(async () => {
			if (await question.isVisible()) {
				await question.getByRole('button', { name: 'Leave without saving' }).click();
			}
			expect(await canvas.count()).toBe(0);
		}, DEFAULT_TIMEOUT_MS);
		// n8n may still be on its way to the list, which it then prefers.
		await eventuallyHolds(async () => {
			await this.goWithinEditor(`/workflow/${id}`);
			await canvas.waitFor({ timeout: DEFAULT_TIMEOUT_MS / 4 });
		}, DEFAULT_TIMEOUT_MS);
	}

	/** As the browser's buttons do: to load the editor anew takes 10 s of a core each time. */
	private async goWithinEditor(path: string): Promise<void> {
		await this.page.evaluate((to) => {
			window.history.pushState(null, '', to);
			window.dispatchEvent(new PopStateEvent('popstate', { state: null }));
		}, path);
	}

	/** A node on the canvas. */
	node(name: string): Locator {
		return this.page.locator(`[data-test-id=canvas-node][data-node-name="${name}"]`);
	}

	/** Opens a node's panel, as a double click does. */
	async openNode(name: string): Promise<void> {
		// Chromium may lose a click while n8n draws its canvas for the first time.
		await eventuallyHolds(async () => {
			await this.node(name).dblclick({ timeout: DEFAULT_TIMEOUT_MS / 4 });
			await this.page.getByTestId('node-parameters').waitFor({ timeout: DEFAULT_TIMEOUT_MS / 4 });
		}, DEFAULT_TIMEOUT_MS);
	}

	async closeNode(): Promise<void> {
		await this.page.getByTestId('ndv-close-button').click();
		await this.page.getByTestId('node-parameters').waitFor({ state: 'hidden' });
	}

	/** The control of a parameter, or of a field of the form. */
	parameter(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`);
	}

	/** Whether the editor marks a parameter in red. */
	async isMarkedWrong(name: string): Promise<boolean> {
		return (await this.parameter(name).locator('[data-icon=triangle-alert]').count()) > 0;
	}

	/** What a drop-down shows as chosen; empty while nothing is. */
	async chosen(name: string): Promise<string> {
		return await this.parameter(name).getByRole('combobox').inputValue();
	}

	/** Opens a drop-down, reads its entries' names, and leaves it open. */
	async optionsOf(name: string): Promise<string[]> {
		let texts: string[] = [];
		await eventuallyHolds(async () => {
			const list = await this.openList(this.parameter(name));
			const names = list.locator('.el-select-dropdown__item .option-headline');
			await names.first().waitFor({ timeout: SETTLED_WITHIN_MS });
			texts = await names.allInnerTexts();
		});
		return texts.map((text) => text.trim());
	}

	/** Chooses an entry of a drop-down. */
	async choose(name: string, option: string): Promise<void> {
		await this.chooseIn(this.parameter(name), option);
		await eventuallyHolds(async () => expect(await this.chosen(name)).toBe(option));
	}

	async fill(name: string, text: string): Promise<void> {
		await this.parameter(name).locator('input, textarea').first().fill(text);
	}

	/** Types into the editor of a JSON parameter, over what is there. */
	async fillJson(name: string, json: string): Promise<void> {
		await this.parameter(name).locator('.cm-content').click();
		await this.page.keyboard.press('ControlOrMeta+a');
		await this.page.keyboard.insertText(json);
	}

	/** Searches the list of models and takes the entry of this title. */
	async chooseModel(search: string, title: string): Promise<void> {
		await this.page.getByTestId('resource-locator-model').getByTestId('rlc-input').click();
		await this.page.getByTestId('rlc-search').fill(search);
		await this.page.getByTestId('rlc-item').getByText(title, { exact: true }).click();
		await eventuallyHolds(async () => expect(await this.model()).toBe(title));
	}

	/** Enters a model's ID, as the locator's mode By ID has it. */
	async enterModelId(id: string): Promise<void> {
		const locator = this.page.getByTestId('resource-locator-model');
		await this.chooseIn(locator.getByTestId('rlc-mode-selector'), 'By ID');
		await locator.getByTestId('rlc-input').fill(id);
		await locator.getByTestId('rlc-input').press('Tab');
	}

	/** What the locator of the model shows. */
	async model(): Promise<string> {
		return await this.page.getByTestId('rlc-input').inputValue();
	}

	/** The labels of the form's fields, in order. */
	async formLabels(): Promise<string[]> {
		const form = this.page.getByTestId('mapping-fields-container');
		const labels = form.locator('.parameter-item label');
		const names = await labels.evaluateAll((elements) =>
			elements.map((label) => label.querySelector('.n8n-text')?.textContent ?? ''),
		);
		return names.map((name) => name.trim());
	}

	/** What stands in the place of the form where it has no fields. */
	async formNotice(): Promise<string> {
		return await this.page.getByTestId('empty-fields-notice').innerText();
	}

	async executeStep(): Promise<void> {
		await this.page.getByTestId('node-execute-button').click();
	}

	async executeWorkflow(): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').click();
	}

	/** The right side of a node's panel. */
	get output(): Locator {
		return this.page.getByTestId('output-panel');
	}

	/** The messages that pop up in the corner. */
	get toasts(): Locator {
		return this.page.locator('.el-notification');
	}

	/** Waits until the output panel shows this text, and returns all that it shows. */
	async outputWith(text: string): Promise<string> {
		await this.output.getByText(text).first().waitFor();
		return await this.output.innerText();
	}

	async screenshot(name: string): Promise<void> {
		await screenshot(this.page, name);
	}

	private async chooseIn(control: Locator, option: string): Promise<void> {
		// n8n may draw the control anew, and so close its list, while new options come in.
		await eventuallyHolds(async () => {
			const list = await this.openList(control);
			const entry = list.locator('.el-select-dropdown__item').getByText(option, { exact: true });
			await entry.click({ timeout: SETTLED_WITHIN_MS });
		});
	}

	/** The list of a drop-down is at the end of the page; the control names it. */
	private async openList(control: Locator): Promise<Locator> {
		const combobox = control.getByRole('combobox');
		// A list that closes is to be seen for a moment longer: the control knows better.
		if ((await combobox.getAttribute('aria-expanded')) !== 'true') await combobox.click();
		const list = this.page.locator(`[id="${await combobox.getAttribute('aria-controls')}"]`);
		await list.waitFor({ timeout: SETTLED_WITHIN_MS });
		return list;
	}
}

/** Starts a browser and logs in to the shared n8n, for a test file. */
export function openEditor(): { readonly editor: Editor } {
	const opened: { browser?: Browser; editor?: Editor } = {};
	beforeAll(async () => {
		opened.browser = await startBrowser();
		const page = await opened.browser.newPage({ viewport: WINDOW, reducedMotion: 'reduce' });
		page.setDefaultTimeout(DEFAULT_TIMEOUT_MS);
		opened.editor = new Editor(page, sharedN8n().url);
		await opened.editor.logIn();
	});
	afterAll(async () => await opened.browser?.close());
	return {
		get editor() {
			if (!opened.editor) throw new Error('The editor is open only while tests run');
			return opened.editor;
		},
	};
}

/** A simulator whose tasks are quick, and a credential for it in the shared n8n. */
export async function startSimulatorWithCredential(): Promise<{
	simulator: Simulator;
	credential: CredentialReference;
}> {
	const simulator = await startSimulator({ defaults: { seconds: 0.1 } });
	const { apiKey, baseUrl } = simulator;
	const data = { apiKey, baseUrl };
	const credential = await sharedN8n().api.createCredential('APIXO account', 'apixoApi', data);
	return { simulator, credential };
}
