// Prints what the files of dist weigh, and fails if one of them breaks a promise of the application (check.mjs).
import { readdir, readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './check.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

const entries = (await readdir(dist, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());
const names = entries.map((e) => relative(dist, `${e.parentPath}${sep}${e.name}`).split(sep).join('/')).sort();
const files = await Promise.all(names.map(async (name) => [name, await readFile(`${dist}${name}`)]));
const { report, problems } = check(files);
console.log(report.join('\n'));
for (const problem of problems) console.error(`dist: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
