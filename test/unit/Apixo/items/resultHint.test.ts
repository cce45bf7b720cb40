import { resultHint, resultsOf } from '../../../../nodes/Apixo/items/resultHint';

const image = (url: string) => ({ url, mediaType: 'image' });
const https = { allowLoopback: false };
const simulated = { allowLoopback: true };

it.each([
	[
		'an image as a thumbnail that links to it',
		[image('https://files.example.com/fox.png')],
		'<a href="https://files.example.com/fox.png" target="_blank"><img src="https://files.example.com/fox.png" height="140" loading="lazy" alt="Result 1"></a><br>',
	],
	[
		'a video and audio as links',
		[
			{ url: 'https://files.example.com/fox.mp4', mediaType: 'video' },
			{ url: 'https://files.example.com/fox.mp3', mediaType: 'audio' },
		],
		'<a href="https://files.example.com/fox.mp4" target="_blank">Watch the video (1)</a> <a href="https://files.example.com/fox.mp3" target="_blank">Listen (2)</a><br>',
	],
	[
		'what is of no known kind as a link',
		[{ url: 'https://files.example.com/fox', mediaType: 'unknown' }],
		'<a href="https://files.example.com/fox" target="_blank">Open the file</a><br>',
	],
])('shows %s, then that links expire', (_, results, html) => {
	const hint = resultHint(results, https);
	expect(hint?.startsWith(html)).toBe(true);
	expect(hint).toContain('Links expire after 24 hours');
	expect(hint).toContain('{{ $json.resultUrls[0] }}');
});

it('shows the first four, and counts the rest', () => {
	const seven = Array.from({ length: 7 }, (_, index) =>
		image(`https://a.example.com/${index}.png`),
	);
	const hint = resultHint(seven, https);
	expect(hint?.match(/<img/g)).toHaveLength(4);
	expect(hint).toContain('and 3 more');
});

it.each([
	['http://files.example.com/a.png', https],
	['http://files.example.com/a.png', simulated],
	['http://127.0.0.1:8080/a.png', https],
	['https://127.0.0.1/a.png', https],
	['https://localhost/a.png', https],
	['https://10.0.0.5/a.png', https],
	['https://192.168.1.1/a.png', simulated],
	['https://169.254.169.254/latest/meta-data', simulated],
	['https://[fd00::1]/a.png', simulated],
	['https://router.lan/a.png', simulated],
	['https://intranet/a.png', simulated],
	['https://user:pass@files.example.com/a.png', https],
	['https://user@files.example.com/a.png', https],
	['http://user:pass@127.0.0.1:8080/a.png', simulated],
	['javascript:alert(1)', simulated],
	['data:image/png;base64,AAAA', simulated],
	['ftp://localhost/a.png', simulated],
	['not a URL', simulated],
	[`https://files.example.com/${'a'.repeat(3_000)}.png`, https],
	['', simulated],
])('leaves out %j where %j', (url, rules) => {
	expect(resultHint([image(url)], rules)).toBeUndefined();
});

it('shows http of this machine where the credential leads there, too', () => {
	expect(resultHint([image('http://127.0.0.1:8080/a.png')], simulated)).toContain(
		'<img src="http://127.0.0.1:8080/a.png"',
	);
});

it.each([
	'https://a.example.com/?a=1&b="><script>alert(1)</script>',
	"https://a.example.com/' onerror='alert(1)",
	'https://a.example.com/<img src=x onerror=alert(1)>',
])('escapes %s', (url) => {
	const hint = resultHint([image(url)], https) ?? '';
	expect(hint.match(/<[^>]*>/g)?.slice(0, 3)).toEqual([
		expect.stringMatching(/^<a href="[^"'<>]*" target="_blank">$/),
		expect.stringMatching(/^<img src="[^"'<>]*" height="140" loading="lazy" alt="Result 1">$/),
		'</a>',
	]);
});

it.each([
	['of success', { state: 'success', resultUrls: ['https://a.example.com/1.png'] }, ['image']],
	[
		'by the model',
		{ state: 'success', model: 'veo-3-1', resultUrls: ['https://a.example.com/1'] },
		['video'],
	],
	[
		'by the extension first',
		{
			state: 'success',
			model: 'suno',
			resultUrls: ['https://a.example.com/1.mp3?x=1.png', 'https://a.example.com/1.jpeg'],
		},
		['audio', 'image'],
	],
	[
		'of an unknown kind',
		{ state: 'success', model: 'new', resultUrls: ['https://a.example.com/1'] },
		['unknown'],
	],
	['of no failed task', { state: 'failed', resultUrls: ['https://a.example.com/1.png'] }, []],
	['of a model of the catalogue none', { id: 'nano-banana' }, []],
])('finds the results %s', (_, json, mediaTypes) => {
	expect(resultsOf({ json }).map(({ mediaType }) => mediaType)).toEqual(mediaTypes);
});

it('shows nothing of an item whose files were downloaded', () => {
	const json = { state: 'success', resultUrls: ['https://a.example.com/1.png'] };
	const binary = { data: { data: '', mimeType: 'image/png' } };
	expect(resultsOf({ json, binary })).toEqual([]);
});
