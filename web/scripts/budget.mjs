// Holds what was built against the promises of the application: little JavaScript, nothing that the content security
// policy forbids, and no file but index.html outside of assets/. Prints what everything weighs.
import { readdir, readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);

/** What JavaScript and style sheets may weigh when compressed with gzip, in bytes. */
const limits = { js: 120 * 1024, css: 16 * 1024 };

const problems = [];
const sums = { js: 0, css: 0 };

for (const path of await files()) {
  const data = await readFile(new URL(path, dist));
  const gzip = gzipSync(data, { level: 9 }).length;
  const kind = path.split('.').pop();
  if (kind in sums) sums[kind] += gzip;
  console.log(`${path.padEnd(44)} ${kilobytes(data.length)} ${kilobytes(gzip)} gzip`);
  checkName(path);
  if (kind === 'js') checkScript(path, data.toString());
  if (path === 'index.html') checkDocument(data.toString());
}
for (const [kind, limit] of Object.entries(limits)) {
  console.log(
    `${`all of ${kind}`.padEnd(44)} ${' '.repeat(9)} ${kilobytes(sums[kind])} gzip, of ${kilobytes(limit).trim()}`,
  );
  if (sums[kind] > limit) problems.push(`${kind} weighs ${sums[kind]} bytes compressed; at most ${limit} are allowed`);
}
if (problems.length > 0) {
  for (const problem of problems) console.error(`dist: ${problem}`);
  process.exitCode = 1;
}

async function files() {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const root = fileURLToPath(dist);
  return entries
    .filter((e) => e.isFile())
    .map((e) => relative(root, `${e.parentPath}${sep}${e.name}`).split(sep).join('/'))
    .sort();
}

// A release keeps old files beside new ones, so their names must differ when their contents do.
function checkName(path) {
  if (path !== 'index.html' && !/^assets\/[^/]+-[\w-]{8,}\.[a-z0-9]+$/.test(path)) {
    problems.push(`${path} is no file of assets/ with a hash in its name`);
  }
}

function checkScript(path, text) {
  for (const [what, pattern] of [
    ['eval', /\beval\s*\(/],
    ['new Function', /\bnew\s+Function\b|(?<![\w.$])Function\s*\(/],
    ['a data: URL', /["'`(]data:[a-z]+\//],
    ['a WebAssembly module', /\bWebAssembly\b/],
  ]) {
    if (pattern.test(text)) problems.push(`${path} has ${what}, which the content security policy forbids`);
  }
}

function checkDocument(text) {
  for (const [what, pattern] of [
    ['an inline script', /<script(?![^>]*\ssrc=)[^>]*>/i],
    ['an inline style', /<style\b|\sstyle\s*=/i],
    ['an event handler', /\son[a-z]+\s*=/i],
    ['a URL of another site', /(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i],
  ]) {
    if (pattern.test(text)) problems.push(`index.html has ${what}`);
  }
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} KB`.padStart(9);
}
