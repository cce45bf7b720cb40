/**
 * Lets docs/compose/compose.yaml, in the current folder, install the version in package.json. A step
 * of `npm run release`. Needs no dependency.
 */
const { readFileSync, writeFileSync } = require('node:fs');

const FILE = 'docs/compose/compose.yaml';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const compose = readFileSync(FILE, 'utf8');
writeFileSync(FILE, compose.replace(new RegExp(`\\b${name}@\\S+`), `${name}@${version}`));
