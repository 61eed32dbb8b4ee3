import { schemas } from '../api/contract.gen.ts';
import { formatDay } from '../ui/format.ts';
import { breedId, breedName } from './breeds.ts';
import type { Breed, Kitten, KittenInput } from './data.ts';

/** Field of the form, by its name in the contract. */
export type Field = keyof typeof schemas.KittenInput.properties;

/** Values are what the controls of the form hold. The breed is shown as its name. */
export type Values = Record<Field, string>;

export const fields: readonly Field[] = ['name', 'breed', 'birthDate', 'description'];

export const labels: Values = {
  name: 'Name',
  breed: 'Breed',
  birthDate: 'Date of birth',
  description: 'Description',
};

export const emptyValues: Values = { name: '', breed: '', birthDate: '', description: '' };

/** Says whether the contract demands a field. */
export function isRequired(field: Field): boolean {
  const required: readonly string[] = schemas.KittenInput.required;
  return required.includes(field);
}

/** How many characters a field may have; undefined where it is no text. */
export function maxLengthOf(field: Field): number | undefined {
  const schema = schemas.KittenInput.properties[field];
  return 'maxLength' in schema ? schema.maxLength : undefined;
}

/** JSON Schema counts characters, and not the UTF-16 units of a JavaScript string (RFC 8259 section 1 calls them Unicode characters). */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** What the controls hold for a kitten. */
export function valuesOf(kitten: Kitten | KittenInput, breeds: readonly Breed[]): Values {
  return {
    name: kitten.name,
    breed: breedName(breeds, kitten.breed),
    birthDate: kitten.birthDate,
    description: kitten.description ?? '',
  };
}

/** A breed as the form first showed it: a text that means this id, whatever else it is the name of. */
export interface ShownBreed {
  text: string;
  id: string;
}

/** What is sent for the values. Space around a name means nothing, and an empty description is none. */
export function inputOf(values: Values, breeds: readonly Breed[], shown?: ShownBreed): KittenInput {
  const { birthDate, description } = values;
  return {
    name: values.name.trim(),
    breed: values.breed === shown?.text ? shown.id : breedId(breeds, values.breed),
    birthDate,
    ...(description === '' ? {} : { description }),
  };
}

/** The part of a kitten that the form edits. */
export function editable(kitten: Kitten): KittenInput {
  const { name, breed, birthDate, description } = kitten;
  return { name, breed, birthDate, ...(description ? { description } : {}) };
}

/** A field of a kitten for people. */
export function display(field: Field, input: KittenInput, breeds: readonly Breed[]): string {
  const value = input[field] ?? '';
  if (field === 'breed') return breedName(breeds, value);
  if (field === 'birthDate') return formatDay(value);
  return value;
}
