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
	['SOME_NEW_CODE', true],
	['', true],
	[undefined, true],
])('the same input may succeed after %j: %j', (code, expected) => {
	expect(sameInputMaySucceed(code)).toBe(expected);
});

it('an unknown code passes without advice, unless it says low balance', () => {
	expect(adviceForFailCode('SOME_NEW_CODE')).toBeUndefined();
	expect(adviceForFailCode('')).toBeUndefined();
	expect(adviceForFailCode('toString')).toBeUndefined();
	expect(adviceForFailCode(undefined)).toBeUndefined();
	expect(adviceForFailCode('InsufficientBalance')).toBe(adviceForFailCode('INSUFFICIENT_CREDITS'));
});
