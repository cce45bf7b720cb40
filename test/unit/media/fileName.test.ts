import { fileNameInAnswer, fileNameInUrl, takeName } from '../../../nodes/shared/media/fileName';

const host = 'https://file.apixo.ai';

describe('fileNameInUrl', () => {
	it.each([
		['/temp/out.png', 'out.png'],
		['/temp/out.png?token=a/b.mp4#x.gif', 'out.png'],
		['/temp/archive.tar.gz', 'archive.tar.gz'],
		['/temp/red%20fox.png', 'red fox.png'],
		['/temp/%E7%BA%A2%E7%8B%90.png', '红狐.png'],
		['/temp/broken%E7.png', 'broken%E7.png'],
		// Nothing that leaves the folder, hides a file or names a device.
		['/temp/..%2F..%2Fetc%2Fpasswd.txt', '_.._etc_passwd.txt'],
		['/temp/..%5C..%5Cboot.ini', '_.._boot.ini'],
		['/temp/.env.png', 'env.png'],
		['/temp/a%00b%0Ac%3Cd%3E%7C%3F%2A.png', 'a_b_c_d____.png'],
		['/temp/cod%E2%80%AEgnp.exe', 'cod_gnp.exe'],
		['/temp/con.png', '_con.png'],
		['/temp/COM1.png', '_COM1.png'],
		// No name with an extension: the answer must tell.
		['/temp/out', undefined],
		['/temp/', undefined],
		['', undefined],
		['/temp/.png', undefined],
		['/temp/..', undefined],
	])('of %s is %s', (path, name) => {
		expect(fileNameInUrl(`${host}${path}`)).toBe(name);
	});

	it('is never longer than file systems take, and keeps its extension', () => {
		const name = fileNameInUrl(`${host}/${encodeURIComponent('狐'.repeat(500))}.png`) ?? '';
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(215);
		expect(name).toMatch(/^狐{66}\.png$/);
	});
});

describe('fileNameInAnswer', () => {
	it.each([
		['attachment; filename="fox.png"', 'fox.png'],
		['attachment; filename=fox.png; size=3', 'fox.png'],
		['attachment; filename="a \\"red\\" fox.png"', 'a _red_ fox.png'],
		['attachment; filename="red%20fox.png"', 'red fox.png'],
		['attachment; filename="fox.png"; filename*=UTF-8\'\'%E7%8B%90.png', '狐.png'],
		['attachment; filename="../../fox.png"', '_.._fox.png'],
		['attachment; filename="fox"', 'fox.jpg'],
		['attachment; filename=""', 'file-2.jpg'],
		['attachment', 'file-2.jpg'],
		[undefined, 'file-2.jpg'],
	])('of %p is %s', (disposition, name) => {
		expect(fileNameInAnswer(disposition, 'image/jpeg', 'file-2')).toBe(name);
	});

	it('has no extension where the type has none that is known', () => {
		expect(fileNameInAnswer(undefined, 'application/octet-stream', 'file-1')).toBe('file-1');
	});
});

it('takeName numbers what is taken, in upper or lower case', () => {
	const taken = new Set<string>();
	const take = (name: string) => takeName(name, taken);
	expect(['out.png', 'out.png', 'OUT.png', 'out-2.png', 'out', 'out'].map(take)).toEqual([
		'out.png',
		'out-2.png',
		'OUT-3.png',
		'out-2-2.png',
		'out',
		'out-2',
	]);
});

it('reads names of 100,000 characters at once', () => {
	for (const piece of [' ', '.', 'a.', '"', '\\"', 'filename=', "filename*=''"]) {
		const hostile = `a${piece.repeat(100_000 / piece.length)}!`;
		const startedAtMs = performance.now();
		fileNameInUrl(`${host}/${encodeURIComponent(hostile)}`);
		fileNameInAnswer(`attachment; filename="${hostile}`, 'image/png', 'file');
		expect(performance.now() - startedAtMs).toBeLessThan(1_000);
	}
});
