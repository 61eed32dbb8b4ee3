// Holds what was built against the promises of the application: little JavaScript, nothing that the content security
// policy forbids, and no file below assets/ without a hash in its name.
import { gzipSync } from 'node:zlib';

/** What JavaScript and style sheets may weigh when compressed with gzip, in bytes. */
export const limits = { js: 120 * 1024, css: 16 * 1024 };

/**
 * Checks files, given as name and content, and says what they weigh.
 * @param {[string, Buffer][]} files
 */
export function check(files) {
  const problems = [];
  const report = [];
  const sums = { js: 0, css: 0 };
  for (const [name, data] of files) {
    const gzip = gzipSync(data, { level: 9 }).length;
    const kind = name.split('.').pop();
    if (kind in sums) sums[kind] += gzip;
    report.push(`${name.padEnd(44)} ${kilobytes(data.length)} ${kilobytes(gzip)} gzip`);
    problems.push(...problemsOf(name, kind, data.toString()));
  }
  for (const [kind, limit] of Object.entries(limits)) {
    report.push(
      `${`all of ${kind}`.padEnd(44)} ${' '.repeat(9)} ${kilobytes(sums[kind])} gzip, of ${kilobytes(limit).trim()}`,
    );
    if (sums[kind] > limit)
      problems.push(`${kind} weighs ${sums[kind]} bytes compressed; at most ${limit} are allowed`);
  }
  if (!files.some(([name]) => name === 'index.html')) problems.push('there is no index.html');
  return { problems, report };
}

const inScripts = [
  ['eval', /\beval\s*\(/],
  ['new Function', /\bnew\s+Function\b|(?<![\w.$])Function\s*\(/],
  ['a data: URL', /["'`(]data:[a-z]+\//],
  ['a WebAssembly module', /\bWebAssembly\b/],
];

const inDocument = [
  ['an inline script', /<script(?![^>]*\ssrc=)[^>]*>/i],
  ['an inline style', /<style\b|\sstyle\s*=/i],
  ['an event handler', /\son[a-z]+\s*=/i],
  ['a URL of another site', /(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i],
];

const inStyles = [
  ['a data: URL', /url\(\s*["']?data:/],
  ['a URL of another site', /(?:url\(|@import)\s*["']?(?:https?:)?\/\//],
];

function problemsOf(name, kind, text) {
  // A release keeps old files beside new ones, so their names must differ when their contents do. Which files may lie at the
  // top of a site, such as robots.txt, is for the release to say: it serves no others.
  const named = /^(\.well-known\/.+|[^/]+)$/.test(name) || /^assets\/[^/]+-[\w-]{8,}\.[a-z0-9]+$/.test(name);
  const patterns = { js: inScripts, html: inDocument, css: inStyles }[kind] ?? [];
  return [
    ...(named ? [] : [`${name} is no file of assets/ with a hash in its name`]),
    ...patterns
      .filter(([, p]) => p.test(text))
      .map(([what]) => `${name} has ${what}, which the content security policy forbids`),
  ];
}

function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} KB`.padStart(9);
}
