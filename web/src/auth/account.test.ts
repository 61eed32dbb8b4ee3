import type { User } from 'oidc-client-ts';
import { describe, expect, test } from 'vitest';
import { accountOf, may, missing } from './account.ts';

function user(scope: string | undefined, profile: Record<string, unknown> = {}): User {
  return { scope, profile: { sub: 'editor@acme', ...profile } } as unknown as User;
}

const asked = 'openid kittens:read kittens:write account:acme-2024';
const editor = accountOf(user('openid kittens:read kittens:write breeds:read account:acme-2024'), asked);

describe('accountOf', () => {
  test.each([
    [{ name: 'Ed', preferred_username: 'ed' }, 'Ed', 'ed'],
    [{ email: 'ed@example.com' }, 'ed@example.com', 'ed@example.com'],
    [{}, 'editor@acme', undefined],
  ])('names %j', (profile, name, userName) => {
    expect(accountOf(user('', profile), asked)).toMatchObject({ subject: 'editor@acme', name, userName });
  });

  test.each([
    ['openid account:acme-2024', true],
    ['openid account:20417', false],
    ['openid account:acme-20245', false],
    ['openid', false],
    [undefined, false],
  ])('with the scope %s is a member: %s', (scope, member) => {
    expect(accountOf(user(scope), asked).member).toBe(member);
  });
});

test('what may be done follows from the granted scopes', () => {
  expect(may(editor, 'kittenPut')).toBe(true);
  expect(may(editor, 'adminTasksPost')).toBe(false);
  expect(missing(editor, 'adminTasksPost')).toEqual(['admin:tasks']);
  expect(missing(editor, 'kittensGet')).toEqual([]);
  expect(missing(accountOf(user('openid'), asked), 'kittenDelete')).toEqual(['kittens:write']);
});
