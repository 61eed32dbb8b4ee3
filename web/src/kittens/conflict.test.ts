import { describe, expect, test } from 'vitest';
import { choose, compare, untouched } from './conflict.ts';

const base = { name: 'Minka', breed: 'siam', birthDate: '2024-01-01', description: 'Old.' };

describe('compare', () => {
  test('tells who changed what, and suggests what was changed', () => {
    const mine = { ...base, name: 'Minka II', description: 'Mine.' };
    const theirs = { ...base, breed: 'persian', description: 'Theirs.' };
    const { differences, suggested } = compare(base, mine, theirs);
    expect(differences).toEqual([
      { field: 'name', changedBy: 'me' },
      { field: 'breed', changedBy: 'them' },
      { field: 'description', changedBy: 'both' },
    ]);
    expect(choose(mine, theirs, suggested)).toEqual({
      ...base,
      name: 'Minka II',
      breed: 'persian',
      description: 'Mine.',
    });
    expect(choose(mine, theirs, { ...suggested, name: 'theirs', description: 'theirs' })).toEqual(theirs);
  });

  test('the same change is no difference, and a description can be gone', () => {
    const { description: _, ...without } = base;
    expect(compare(base, without, without).differences).toEqual([]);
    const { differences, suggested } = compare(base, base, without);
    expect(differences).toEqual([{ field: 'description', changedBy: 'them' }]);
    expect(choose(base, without, suggested)).toEqual(without);
  });
});

test('only what the form edits counts as touched', () => {
  expect(untouched(base, { ...base })).toBe(true);
  expect(untouched({ ...base, description: '' }, { name: 'Minka', breed: 'siam', birthDate: '2024-01-01' })).toBe(true);
  for (const field of ['name', 'breed', 'birthDate', 'description'])
    expect(untouched(base, { ...base, [field]: 'other' })).toBe(false);
});
