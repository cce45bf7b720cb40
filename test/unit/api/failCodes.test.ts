import { adviceForFailCode, sameInputMaySucceed } from '../../../nodes/shared/api/failCodes';
import data from '../../../nodes/shared/api/failCodes.json';

/** The errors page of APIXO, and its older error-codes page. */
const VOCABULARIES = {
	pascalCase: [
		'SensitiveContent',
		'SensitiveContentDetected',
		'ProhibitedContentDetected',
		'NSFW',
		'InputImageSensitiveContentDetected',
		'InputOutputSensitiveContentDetected',
		'PromptLengthExceeded',
	],
	upperSnake: [
		'CONTENT_VIOLATION',
		'NSFW_DETECTED',
		'PROMPT_TOO_LONG',
		'INVALID_PROMPT',
		'INVALID_IMAGE_URL',
		'IMAGE_TOO_LARGE',
		'UNSUPPORTED_FORMAT',
		'IMAGE_DOWNLOAD_FAILED',
		'PROCESSING_TIMEOUT',
		'MODEL_UNAVAILABLE',
		'GENERATION_FAILED',
		'INSUFFICIENT_CREDITS',
		'INVALID_LORA_URL',
	],
};
const ALL = Object.values(VOCABULARIES).flat();

it.each(ALL)('%s has advice', (code) => {
	expect(adviceForFailCode(code)).toMatch(/^[A-Z].{20,}[^.]$/);
});

it('no code stands in the data twice, and none that no page names', () => {
	expect(data.flatMap(({ codes }) => codes).sort()).toEqual([...ALL].sort());
});

it.each([
	['IMAGE_DOWNLOAD_FAILED', true],
	['PROCESSING_TIMEOUT', true],
	['MODEL_UNAVAILABLE', true],
	['GENERATION_FAILED', true],
	['INSUFFICIENT_CREDITS', true],
	['SensitiveContent', false],
	['PROMPT_TOO_LONG', false],
	['INVALID_PROMPT', false],
	// Of these families no page names the code.
	['OutputVideoSensitiveContentDetected', false],
	['InputTextSensitiveContentDetected', false],
	['nsfw', false],
	['PolicyViolation', false],
	['PrivacyInformationDetected', false],
	['RISK_CONTROL', false],
	['ImageTooLarge', false],
	['InvalidParameter', false],
	['InvalidTimeout', false],
	['UnsupportedImageFormat', false],
	['VideoDurationExceeded', false],
	['RateLimitExceeded', false],
	['GenerationFailedByPolicy', false],
	['ModelTimeout', true],
	['REQUEST_TIMED_OUT', true],
	['DeadlineExceeded', true],
	['ServiceUnavailable', true],
	['ModelOverloaded', true],
	['InternalError', true],
	['INTERNAL_SERVER_ERROR', true],
	['InsufficientBalance', true],
	// Nothing says that the reason passes.
	['SOME_NEW_CODE', false],
	['toString', false],
	['', false],
	[undefined, false],
])('the same input may be submitted again after %j: %j', (code, expected) => {
	expect(sameInputMaySucceed(code)).toBe(expected);
});

it.each([
	['OutputVideoSensitiveContentDetected', 'SensitiveContent'],
	['promptTooLong', 'PROMPT_TOO_LONG'],
	['ModelTimeout', 'PROCESSING_TIMEOUT'],
	['InsufficientBalance', 'INSUFFICIENT_CREDITS'],
])('%s has the advice of %s', (code, known) => {
	expect(adviceForFailCode(code)).toBe(adviceForFailCode(known));
});

it.each(['SOME_NEW_CODE', '', 'toString', undefined])('%j has no advice', (code) => {
	expect(adviceForFailCode(code)).toBeUndefined();
});

it('reads a code of a million characters at once', () => {
	for (const piece of ['prompt', 'size', 'too', 'x', '_']) {
		const startedAtMs = performance.now();
		adviceForFailCode(piece.repeat(1_000_000 / piece.length));
		expect(performance.now() - startedAtMs).toBeLessThan(1_000);
	}
});
