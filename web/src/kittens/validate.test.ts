import { describe, expect, test } from 'vitest';
import type { KittenInput } from './data.ts';
import { editable, inputOf, lengthOf, valuesOf } from './fields.ts';
import { faultsOf, validate } from './validate.ts';

const good: KittenInput = { name: 'Minka', breed: 'siam', birthDate: '2024-02-29', description: '' };

describe('validate', () => {
  test.each([
    good,
    { ...good, name: 'x'.repeat(80) },
    { ...good, name: '🐱'.repeat(80) },
    { ...good, name: '<script>alert(1)</script>' },
    { ...good, description: 'x'.repeat(4000) },
  ])('accepts what the contract accepts %#', (input) => {
    expect(validate(input)).toEqual({});
  });

  test.each([
    ['name', { ...good, name: '' }, 'Enter a name.'],
    ['name', { ...good, name: '🐱'.repeat(81) }, 'Name has 81 characters; at most 80 are possible.'],
    ['name', { ...good, name: 'two\nlines' }, 'Name must be a single line.'],
    ['breed', { ...good, breed: '' }, 'Enter a breed.'],
    ['breed', { ...good, breed: '9lives' }, 'Breed must begin with a letter and may have letters, digits and hyphens.'],
    ['breed', { ...good, breed: 'x'.repeat(41) }, 'Breed has 41 characters; at most 40 are possible.'],
    ['birthDate', { ...good, birthDate: '' }, 'Choose the date of birth.'],
    ['birthDate', { ...good, birthDate: '12024-01-01' }, 'Date of birth must be a day such as 2024-01-31.'],
    ['birthDate', { ...good, birthDate: '2023-02-29' }, 'Date of birth is no day of the calendar.'],
    [
      'description',
      { ...good, description: 'x'.repeat(4001) },
      'Description has 4,001 characters; at most 4,000 are possible.',
    ],
  ])('finds the fault of %s %#', (field, input, text) => {
    expect(validate(input)).toEqual({ [field]: text });
  });

  test('finds all faults at once', () => {
    expect(Object.keys(validate({ name: '', breed: '-', birthDate: 'x', description: 'x'.repeat(5000) }))).toEqual(
      expect.arrayContaining(['name', 'breed', 'birthDate', 'description']),
    );
  });
});

describe('faultsOf', () => {
  const problem = { type: 'about:blank', title: 'Bad Request', status: 400 };

  test('takes pointers to fields', () => {
    const errors = [
      { pointer: '/name', detail: 'must have at least 1 character' },
      { pointer: '/name', detail: 'must be one line' },
      { pointer: '/description/0', detail: 'is odd' },
      { pointer: '/photo', detail: 'is unknown' },
      { pointer: '', detail: 'is no object' },
    ];
    expect(faultsOf({ ...problem, errors })).toEqual({
      name: 'Name must have at least 1 character. Name must be one line.',
      description: 'Description is odd.',
      '': '/photo is unknown. is no object.',
    });
  });

  test('says something without pointers', () => {
    expect(faultsOf({ ...problem, detail: 'No.' })).toEqual({ '': 'No.' });
    expect(faultsOf(problem)).toEqual({ '': 'Bad Request' });
  });
});

test('what is typed and what is sent lead to each other', () => {
  const values = { name: ' Minka ', breed: 'Maine Coon', birthDate: '2024-01-01', description: '' };
  const input = inputOf(values, []);
  expect(input).toEqual({ name: 'Minka', breed: 'maine-coon', birthDate: '2024-01-01' });
  expect(inputOf(valuesOf(input, []), [])).toEqual(input);
  const stored = { ...input, kittenId: 'k', version: 3, createdAt: '', updatedAt: '', description: 'd' };
  expect(editable(stored)).toEqual({ ...input, description: 'd' });
  expect(lengthOf('👩‍👩‍👧é')).toBe(6);
});
