// @vitest-environment node
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { check, limits } from './check.mjs';

const page = [
  'index.html',
  Buffer.from('<!doctype html><script type="module" src="/assets/index-abcd1234.js"></script>'),
];

const file = (name, text) => [name, Buffer.from(text)];

test('a good build has no problems', () => {
  const { problems, report } = check([
    page,
    file('assets/index-abcd1234.js', 'render()'),
    file('assets/index-Ab_d-234.css', 'a{}'),
  ]);
  expect(problems).toEqual([]);
  expect(report.at(-2)).toMatch(/^all of js .* of 120\.0 KB$/);
});

test.each([
  ['eval', file('assets/a-abcd1234.js', 'x=eval("1")')],
  ['new Function', file('assets/a-abcd1234.js', 'new Function("return 1")')],
  ['new Function', file('assets/a-abcd1234.js', 'Function("return this")()')],
  ['a data: URL', file('assets/a-abcd1234.js', 'i.src="data:image/png;base64,AA"')],
  ['a data: URL', file('assets/a-abcd1234.css', 'a{background:url(data:image/png;base64,AA)}')],
  ['a URL of another site', file('assets/a-abcd1234.css', '@import "//fonts.example.com/a.css"')],
  ['hash in its name', file('assets/a.js', '')],
  ['hash in its name', file('docs/robots.txt', '')],
  ['hash in its name', file('assets/deep/a-abcd1234.js', '')],
])('finds %s', (what, bad) => {
  expect(check([page, bad]).problems).toEqual([expect.stringContaining(what)]);
});

test.each([
  ['an inline script', '<script>start()</script>'],
  ['an inline script', '<script type="module">start()</script>'],
  ['an inline style', '<style>a{}</style>'],
  ['an inline style', '<p style="color:red">'],
  ['an event handler', '<body onload="start()">'],
  ['a URL of another site', '<link href="https://fonts.example.com/a.css">'],
])('finds %s in the document', (what, text) => {
  expect(check([file('index.html', text)]).problems).toEqual([expect.stringContaining(what)]);
});

test('the weight is limited as it is sent', () => {
  const incompressible = (size) => randomBytes(size).toString('latin1');
  const js = (size) => check([page, ['assets/a-abcd1234.js', Buffer.from(incompressible(size), 'latin1')]]).problems;
  expect(js(limits.js - 2048)).toEqual([]);
  expect(js(limits.js + 1)).toEqual([expect.stringContaining(`at most ${limits.js}`)]);
});

test('a build without a page is none', () => {
  expect(check([]).problems).toEqual(['there is no index.html']);
});

test.each(['robots.txt', 'favicon.ico', '.well-known/security.txt'])('leaves %s to the release', (name) => {
  expect(check([page, file(name, '')]).problems).toEqual([]);
});
