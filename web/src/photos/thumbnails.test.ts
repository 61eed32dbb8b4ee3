import { describe, expect, test } from 'vitest';
import { expiryOf, forgetThumbnail, thumbnailUrl } from './thumbnails.ts';

const at = Date.UTC(2026, 10, 29, 8, 0, 0);
const signed = (signature: string, date = '20261129T080000Z') =>
  `https://acme.example.com/uploads/1/photos/k/p-thumbnail?X-Amz-Date=${date}&X-Amz-Expires=300&X-Amz-Signature=${signature}`;

describe('thumbnailUrl', () => {
  test('keeps the first URL of a photo until shortly before it expires', () => {
    expect(thumbnailUrl('p1', signed('a'), at)).toBe(signed('a'));
    expect(thumbnailUrl('p1', signed('b'), at + 280_000)).toBe(signed('a'));
    expect(thumbnailUrl('p1', signed('c', '20261129T080450Z'), at + 290_000)).toBe(signed('c', '20261129T080450Z'));
    expect(thumbnailUrl('p1', signed('d'), at + 300_000)).toBe(signed('c', '20261129T080450Z'));
  });

  test('photos are apart, and one that does not work is forgotten', () => {
    thumbnailUrl('p2', signed('a'), at);
    expect(thumbnailUrl('p3', signed('b'), at)).toBe(signed('b'));
    forgetThumbnail('p2');
    expect(thumbnailUrl('p2', signed('c'), at)).toBe(signed('c'));
  });

  test('one that does not work has expired, or has another fault', () => {
    thumbnailUrl('p4', signed('a'), at);
    expect(forgetThumbnail('p4', at + 100_000)).toBe(false);
    thumbnailUrl('p4', signed('a'), at);
    expect(forgetThumbnail('p4', at + 300_000)).toBe(true);
    expect(forgetThumbnail('p4', at + 300_000)).toBe(false);
  });

  test('does not grow without end', () => {
    thumbnailUrl('first', signed('a'), at);
    for (let i = 0; i < 500; i++) thumbnailUrl(`n${i}`, signed('x'), at);
    expect(thumbnailUrl('first', signed('b'), at)).toBe(signed('b'));
  });
});

test('a URL that does not tell serves for a short while', () => {
  expect(expiryOf('/uploads/x', at)).toBe(at + 60_000);
  expect(expiryOf('/uploads/x?X-Amz-Date=soon&X-Amz-Expires=300', at)).toBe(at + 60_000);
  expect(expiryOf(signed('a'), 0)).toBe(at + 300_000);
});
