// What is generated from the contract: types for the API client, and the few schemas and scopes that the
// application needs while it runs.
import { readFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

/** The contract that the files are generated from. */
export const contractFile = new URL('../../api/openapi.yaml', import.meta.url);

const header = '// Generated from api/openapi.yaml by `npm run generate`. Do not edit.\n\n';

/** Schemas that input is checked by. Others are types only, so that they cost nothing in the browser. */
const runtimeSchemas = ['KittenId', 'KittenInput', 'PhotoInput', 'PhotoSize'];

/** Keywords that explain a schema to people and decide nothing. */
const annotations = new Set(['description', 'example', 'examples']);

/**
 * Every generated file by its name in src/api/.
 * @returns {Promise<Record<string, string>>}
 */
export async function generate() {
  const contract = parse(await readFile(contractFile, 'utf8'));
  return {
    'schema.gen.ts': header + astToString(await openapiTS(contract, { alphabetize: false })),
    'contract.gen.ts': header + runtimeContract(contract),
  };
}

function runtimeContract(contract) {
  const schemas = Object.fromEntries(
    runtimeSchemas.map((name) => [name, inline(contract, find(contract, `#/components/schemas/${name}`))]),
  );
  const query = parameter(contract, '/kittens', 'get', 'q');
  const operations = {};
  for (const item of Object.values(contract.paths)) {
    for (const operation of Object.values(item)) {
      if (operation.operationId) {
        operations[operation.operationId] = operation.security.map((r) => Object.values(r).flat());
      }
    }
  }
  return [
    '/** Schemas of what people type or choose, without references. */',
    `export const schemas = ${print({ ...schemas, SearchQuery: inline(contract, query.schema) })} as const;`,
    '',
    '/** The scopes that an operation needs: all of one of the lists (OpenAPI security requirements). */',
    `export const operations = ${print(operations)} as const;`,
    '',
  ].join('\n');
}

function parameter(contract, path, method, name) {
  const found = contract.paths[path]?.[method]?.parameters?.find((p) => p.name === name);
  if (!found) {
    throw new Error(`generating from the contract: ${method} ${path} has no parameter "${name}"`);
  }
  return found;
}

function find(contract, reference) {
  let value = contract;
  for (const part of reference.slice(2).split('/')) {
    value = value?.[part];
  }
  if (value === undefined) {
    throw new Error(`generating from the contract: there is no ${reference}`);
  }
  return value;
}

// inline replaces references by what they refer to, since a validator in the browser should not have to
// be given the whole contract to resolve them.
function inline(contract, value) {
  if (Array.isArray(value)) {
    return value.map((v) => inline(contract, v));
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (typeof value.$ref === 'string') {
    return inline(contract, find(contract, value.$ref));
  }
  const members = Object.entries(value).filter(([k, v]) => !(annotations.has(k) && typeof v === 'string'));
  return Object.fromEntries(members.map(([k, v]) => [k, inline(contract, v)]));
}

const print = (value) => JSON.stringify(value, null, 2);
