import { ErrorResponse, ErrorTimeout } from 'oidc-client-ts';
import { expect, test } from 'vitest';
import { failureOf, isRefusal, needsPage, UntrustedError } from './failure.ts';

const refused = (error: string, error_description?: string) =>
  new ErrorResponse({ error, error_description: error_description ?? null });

test.each([
  [refused('access_denied', 'The user said no.'), { kind: 'denied', detail: 'The user said no.' }],
  [refused('server_error'), { kind: 'provider', detail: 'server_error' }],
  [new Error('No matching state found in storage'), { kind: 'state' }],
  [new Error('State does not match'), { kind: 'state' }],
  [new TypeError('Failed to fetch'), { kind: 'unreachable' }],
  [new ErrorTimeout('Network timed out'), { kind: 'unreachable' }],
  [new UntrustedError('It is another.'), { kind: 'untrusted', detail: 'It is another.' }],
  [new Error('Bad Gateway (502): {}'), { kind: 'provider', detail: 'Bad Gateway (502): {}' }],
])('%s', (error, want) => {
  expect(failureOf(error)).toEqual(want);
});

test('only a refusal ends a session', () => {
  expect(isRefusal(refused('invalid_grant'))).toBe(true);
  expect(isRefusal(new UntrustedError('x'))).toBe(true);
  expect(isRefusal(new TypeError('Failed to fetch'))).toBe(false);
  expect(isRefusal(new Error('Bad Gateway (502)'))).toBe(false);
});

test('some refusals only say that somebody has to be asked', () => {
  expect(
    ['login_required', 'interaction_required', 'consent_required', 'access_denied'].map((e) => needsPage(refused(e))),
  ).toEqual([true, true, true, false]);
});
