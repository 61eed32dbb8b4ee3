import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatDay, formatSizes, plural } from '../ui/format.ts';
import { breedId, breedName } from './breeds.ts';
import { parseFragment } from './highlight.tsx';
import { readQuery } from './search.tsx';

describe('parseFragment', () => {
  test('marks what was found and unescapes the rest', () => {
    expect(parseFragment('a &lt;b&gt; &amp;amp; <em>k&quot;ey</em>board&#39;s')).toEqual([
      { text: 'a <b> &amp; ', found: false },
      { text: 'k"ey', found: true },
      { text: "board's", found: false },
    ]);
  });

  test('makes text of anything that is not escaped, and runs nothing', () => {
    const hostile =
      '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>x<em><b>y</b></em><svg><em>z</em></svg>';
    const parts = parseFragment(hostile);
    expect(parts.filter((p) => p.found).map((p) => p.text)).toEqual(['y', 'z']);
    expect(parts.every((p) => typeof p.text === 'string')).toBe(true);
    expect(globalThis).not.toHaveProperty('ran');
  });

  test('of nothing is nothing', () => {
    expect(parseFragment('')).toEqual([]);
  });
});

describe('breeds', () => {
  const table = [
    { breedId: 'siam', name: 'Siamese' },
    { breedId: 'persian-cat', name: 'Persian' },
  ];

  test('an id whose name is that of another breed is shown as it is', () => {
    expect(breedName(table, 'persian')).toBe('persian');
    expect(breedName(table, 'persian-cat')).toBe('Persian');
    expect(breedId(table, 'Persian')).toBe('persian-cat');
  });

  test.each([
    ['siam', 'Siamese'],
    ['maine-coon', 'Maine Coon'],
    ['a--b', 'a--b'],
    ['x-', 'x-'],
  ])('the name of %s is %s, and leads back', (id, name) => {
    expect(breedName(table, id)).toBe(name);
    expect(breedId(table, name)).toBe(id);
  });

  test.each([
    [' siamese ', 'siam'],
    ['Norwegian Forest Cat', 'norwegian-forest-cat'],
    ['Sphynx / Donskoy!', 'sphynx-donskoy'],
    ['Šárka', 'sarka'],
    ['', ''],
    ['🐱', ''],
  ])('%s means the id %s', (text, id) => {
    expect(breedId(table, text)).toBe(id);
  });
});

test.each([
  ['  playful tabby ', { q: 'playful tabby', tooLong: undefined }],
  ['" OR _index:1', { q: '" OR _index:1', tooLong: undefined }],
  ['x'.repeat(200), { q: 'x'.repeat(200), tooLong: undefined }],
  ['🐱'.repeat(200), { q: '🐱'.repeat(200), tooLong: undefined }],
  ['x'.repeat(10_240), { q: '', tooLong: 10_240 }],
  [' \t\n', { q: '', tooLong: undefined }],
])('readQuery %#', (text, want) => {
  expect(readQuery(text)).toEqual(want);
});

const mb = 1024 * 1024;

test.each([
  [50 * mb, ['50 MB', '10 MB']],
  [10.3 * mb, ['10.3 MB', '10 MB']],
  [10.04 * mb, ['10.04 MB', '10 MB']],
  [10 * mb + 1, ['10,485,761 bytes', '10,485,760 bytes']],
])('%d bytes can be told from 10 MB', (bytes, texts) => {
  expect(formatSizes(bytes, 10 * mb)).toEqual(texts);
});

test('dates, ages and sizes are for people', () => {
  expect(formatDay('2024-02-29')).toMatch(/29.*2024/);
  expect(formatDay('never')).toBe('never');
  const now = new Date(2026, 10, 29);
  const ages = [
    '2026-11-29',
    '2026-11-28',
    '2026-11-10',
    '2026-09-29',
    '2026-09-30',
    '2024-11-29',
    '2024-11-30',
    '2027-01-01',
  ];
  expect(ages.map((day) => formatAge(day, now))).toEqual([
    '0 days old',
    '1 day old',
    '2 weeks old',
    '2 months old',
    '8 weeks old',
    '2 years old',
    '23 months old',
    '',
  ]);
  expect([1, 1023, 1536, 10 * 1024 * 1024, 52_428_800].map(formatBytes)).toEqual([
    '1 byte',
    '1,023 bytes',
    '1.5 KB',
    '10 MB',
    '50 MB',
  ]);
  expect(plural(1, 'kitten') + plural(2, 'kitten')).toBe('1 kitten2 kittens');
});
