/**
 * What runs outside n8n (simulator, tests, demo, benchmark) ends in .cts and may use Node's own
 * modules, which n8n's rules for nodes forbid. It is linted here, by the same base rules.
 */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig({
	files: ['**/*.cts'],
	extends: [js.configs.recommended, tseslint.configs.recommended],
});
