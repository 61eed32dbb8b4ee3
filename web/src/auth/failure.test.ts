import { ErrorResponse, ErrorTimeout } from 'oidc-client-ts';
import { expect, test, vi } from 'vitest';
import { failureOf, isRefusal, isSilentFrame, needsPage, signInMayPass, UntrustedError } from './failure.ts';

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

test.each([
  'invalid_grant',
  'invalid_client',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
])('%s ends a session', (error) => {
  expect(isRefusal(refused(error))).toBe(true);
});

test.each(['server_error', 'temporarily_unavailable', 'slow_down', 'too_many_requests'])('%s may pass', (error) => {
  expect(isRefusal(refused(error))).toBe(false);
  expect(signInMayPass(refused(error))).toBe(true);
});

test('a frame that says nothing counts while there is a connection', () => {
  const frame = new ErrorTimeout('IFrame timed out without a response');
  expect(isSilentFrame(frame)).toBe(true);
  expect(isSilentFrame(new ErrorTimeout('Network timed out'))).toBe(false);
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  expect(isSilentFrame(frame)).toBe(false);
});

test('a sign-in is not worth the same attempt when it was refused, or is not known here', () => {
  const faults = [refused('access_denied'), new Error('No matching state found in storage'), new UntrustedError('x')];
  expect(faults.map(signInMayPass)).toEqual([false, false, false]);
  expect([new TypeError('Failed to fetch'), new Error('Bad Gateway (502)')].map(signInMayPass)).toEqual([true, true]);
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
