import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { schemas } from '../api/contract.gen.ts';
import type { Problem } from '../api/errors.ts';
import { formatNumber } from '../ui/format.ts';
import type { KittenInput } from './data.ts';
import { type Field, fields, isRequired, labels, lengthOf } from './fields.ts';

/** Faults by field; what concerns no field is under the empty name. */
export type Faults = Partial<Record<Field | '', string>>;

// The contract's schemas are draft 4, as API Gateway reads them. All faults are found at once.
const validator = new Validator(schemas.KittenInput as unknown as Schema, '4', false);

/** What a pattern of the contract means to people. */
const patterns: Partial<Record<Field, string>> = {
  name: 'must be a single line',
  breed: 'must begin with a letter and may have letters, digits and hyphens',
  birthDate: 'must be a day such as 2024-01-31',
};

/** validate holds a body against the contract and returns a text for each field with a fault. */
export function validate(input: KittenInput): Faults {
  const faults: Faults = {};
  for (const field of fields) {
    if (isRequired(field) && !input[field])
      faults[field] = field === 'birthDate' ? 'Choose the date of birth.' : `Enter a ${labels[field].toLowerCase()}.`;
  }
  for (const error of validator.validate(input).errors) {
    const field = fieldOf(error.instanceLocation.replace(/^#/, ''));
    if (field === undefined || field === '') continue; // the units that only say that a part is wrong
    faults[field] ??= explain(field, error, input);
  }
  return faults;
}

function explain(field: Field, { keyword }: OutputUnit, input: KittenInput): string {
  const { [field]: schema } = schemas.KittenInput.properties;
  if (keyword === 'maxLength' && 'maxLength' in schema) {
    const length = lengthOf(input[field] ?? '');
    return `${labels[field]} has ${formatNumber(length)} characters; at most ${formatNumber(schema.maxLength)} are possible.`;
  }
  if (keyword === 'format') return `${labels[field]} is no day of the calendar.`;
  return `${labels[field]} ${patterns[field] ?? 'is not valid'}.`;
}

/** faultsOf takes the faults of an answer to the fields they point to (RFC 6901 pointers into the body). */
export function faultsOf(problem: Problem): Faults {
  const faults: Faults = {};
  for (const { pointer, detail } of problem.errors ?? []) {
    const field = fieldOf(pointer);
    const name = field === undefined || field === '' ? '' : field;
    const text = name === '' ? `${pointer} ${detail}`.trim() : `${labels[name]} ${detail}`;
    faults[name] = faults[name] ? `${faults[name]} ${text}.` : `${text}.`;
  }
  if (Object.keys(faults).length === 0) faults[''] = problem.detail ?? problem.title;
  return faults;
}

function fieldOf(pointer: string): Field | '' | undefined {
  if (pointer === '') return '';
  return fields.find((f) => pointer === `/${f}` || pointer.startsWith(`/${f}/`));
}
