import { expect, test } from 'vitest';
import * as tab from '../auth/tab.ts';
import { draftKey, readDraft, removeDraft, settleDraft, writeDraft } from './drafts.ts';

const draft = {
  values: { name: 'a', breed: 'b', birthDate: 'c', description: 'd' },
  base: { etag: '"1"', input: { name: 'a', breed: 'b', birthDate: 'c' } },
};
const key = draftKey('editor@acme', 'new');

test('a draft is read by who wrote it, until it is removed', () => {
  writeDraft(key, draft);
  expect(readDraft(key)).toEqual(draft);
  expect(readDraft(draftKey('reader@acme', 'new'))).toBeUndefined();
  expect(readDraft(draftKey('editor@acme', 'other'))).toBeUndefined();
  removeDraft(key);
  expect(readDraft(key)).toBeUndefined();
});

test('signing out removes drafts, and the sign-out of another tab does not', () => {
  writeDraft(key, draft);
  tab.setSignedIn(true);
  tab.clear('session');
  expect([tab.wasSignedIn(), tab.hasDrafts(), tab.hasDrafts('editor@acme')]).toEqual([false, true, true]);
  expect(tab.hasDrafts('reader@acme')).toBe(false);
  tab.clear();
  expect([tab.hasDrafts(), readDraft(key)]).toEqual([false, undefined]);
});

test('what is saved settles its own draft only', () => {
  writeDraft(key, draft);
  settleDraft(key, { ...draft, values: { ...draft.values, name: 'earlier' } });
  expect(readDraft(key)).toEqual(draft);
  settleDraft(key, draft);
  expect(readDraft(key)).toBeUndefined();
});

test.each([
  '{',
  'null',
  '{}',
  '{"values":{"name":"a"}}',
  '{"values":{"name":1,"breed":"b","birthDate":"c","description":"d"}}',
])('what is no draft is not read: %s', (text) => {
  sessionStorage.setItem(key, text);
  expect(readDraft(key)).toBeUndefined();
});
