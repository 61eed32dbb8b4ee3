// Writes src/api/*.gen.ts from the contract.
import { writeFile } from 'node:fs/promises';
import { generate } from './contract.mjs';

for (const [name, text] of Object.entries(await generate())) {
  await writeFile(new URL(`../src/api/${name}`, import.meta.url), text);
}
