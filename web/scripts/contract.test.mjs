// @vitest-environment node
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generate } from './contract.mjs';

const folder = new URL('../src/api/', import.meta.url);

test('the generated files are those of the contract', async () => {
  const files = await generate();
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(new URL(name, folder), 'utf8'), `${name}: run npm run generate`).toBe(text);
  }
  const kept = (await readdir(folder)).filter((name) => name.includes('.gen.'));
  expect(kept.sort()).toEqual(Object.keys(files).sort());
});
