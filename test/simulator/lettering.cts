/** Rows of 3 pixels for each letter, as octal digits. */
const GLYPHS: Record<string, string> = {
	...{ A: '25755', B: '65656', C: '34443', D: '65556', E: '74647', F: '74644', G: '34553' },
	...{ H: '55755', I: '72227', J: '11152', K: '55655', L: '44447', M: '57755', N: '65555' },
	...{ O: '25552', P: '65644', Q: '25563', R: '65655', S: '34216', T: '72222', U: '55557' },
	...{ V: '55552', W: '55775', X: '55255', Y: '55222', Z: '71247', 0: '75557', 1: '26227' },
	...{ 2: '71747', 3: '71717', 4: '55711', 5: '74717', 6: '74757', 7: '71111', 8: '75757' },
	...{ 9: '75717' },
};

/** Of a pixel of a letter, in pixels of the picture. */
const SCALE = 4;
const ADVANCE = 4 * SCALE;

const MARGIN = 2 * SCALE;

/** Whether the pixel at `x`, `y` of a picture with this text is one of its letters. */
export function lettering(text: string, width: number): (x: number, y: number) => boolean {
	const perLine = Math.max(1, Math.floor((width - 2 * MARGIN) / ADVANCE));
	const lines = wrapped(text.toUpperCase().replaceAll(/[^A-Z0-9]+/g, ' '), perLine);
	return (x, y) => {
		const [column, row] = [Math.floor((x - MARGIN) / SCALE), Math.floor((y - MARGIN) / SCALE)];
		if (column < 0 || row < 0) return false;
		const letter = lines[Math.floor(row / 7)]?.[Math.floor(column / 4)] ?? ' ';
		const bits = Number(GLYPHS[letter]?.[row % 7] ?? 0);
		return column % 4 < 3 && (bits & (4 >> column % 4)) !== 0;
	};
}

function wrapped(text: string, perLine: number): string[] {
	const lines = [''];
	for (const word of text.trim().split(' ')) {
		const line = lines[lines.length - 1];
		const longer = line === '' ? word : `${line} ${word}`;
		if (longer.length <= perLine) lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines;
}
