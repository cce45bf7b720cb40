/** What each version of n8n did in each case, in the words of the test that ran it. */
export class Results {
	private readonly cells = new Map<string, Map<string, string>>();

	constructor(private readonly versions: string[]) {}

	set(version: string, caseName: string, what: string): void {
		const row = this.cells.get(caseName) ?? new Map<string, string>();
		this.cells.set(caseName, row.set(version, what));
	}

	/** A Markdown table of cases and versions; `-` where a case did not run. */
	table(): string {
		const header = ['', ...this.versions.map((version) => `n8n ${version}`)];
		const rows = [...this.cells].map(([caseName, row]) => [
			caseName,
			...this.versions.map((version) => row.get(version) ?? '-'),
		]);
		const lines = [header, header.map(() => '---'), ...rows];
		return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
	}
}
