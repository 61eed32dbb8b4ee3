import { describe, expect, test } from 'vitest';
import { ApiError, errorOf, hasStatus, retryAfterOf } from './errors.ts';

function answer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers });
}

describe('errorOf', () => {
  test('keeps what the API says', () => {
    const problem = {
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'The body does not fit.',
      instance: 'urn:uuid:1',
    };
    const error = errorOf(answer(400), problem);
    expect(error.problem).toEqual(problem);
    expect(error.message).toBe('The body does not fit.');
    expect(hasStatus(error, 400)).toBe(true);
    expect(hasStatus(error, 404)).toBe(false);
  });

  test.each([undefined, '<html>502</html>', { message: 'Internal server error' }, null, 7])(
    'does not show a body that is no problem: %j',
    (body) => {
      expect(errorOf(answer(503), body).problem).toEqual({
        type: 'about:blank',
        title: 'The service is not available',
        status: 503,
      });
    },
  );

  test('trusts the status line more than the body', () => {
    expect(errorOf(answer(502), { type: 'about:blank', title: 'OK', status: 200 }).status).toBe(502);
  });

  test('says something of any status', () => {
    expect(errorOf(answer(418), undefined).message).toBe('The service answered with status 418');
  });

  test('reads Retry-After', () => {
    expect(errorOf(answer(429, { 'Retry-After': '3' }), undefined).retryAfter).toBe(3000);
    expect(errorOf(answer(429), undefined)).toBeInstanceOf(ApiError);
  });
});

test.each([
  [null, undefined],
  ['0', 0],
  [' 12 ', 12_000],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['soon', undefined],
])('Retry-After %j is %j ms', (value, want) => {
  expect(retryAfterOf(value, 10_000)).toBe(want);
});
