import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, NetworkError, SessionEndedError } from './errors.ts';
import { mayPass, patiently, retryDelay, retryRead, retryWrite } from './retry.ts';

const error = (status: number, retryAfter?: number) =>
  new ApiError({ type: 'about:blank', title: 'x', status }, retryAfter);

test.each([
  ['no answer', new NetworkError('x'), true, false],
  ['429', error(429, 1000), true, true],
  ['429 that asks for an hour', error(429, 3_600_000), false, false],
  ['500', error(500), true, false],
  ['503', error(503, 2000), true, false],
  ['404', error(404), false, false],
  ['412', error(412), false, false],
  ['end of the session', new SessionEndedError(), false, false],
])('%s', (_, failure, read, write) => {
  expect(retryRead(0, failure)).toBe(read);
  expect(retryWrite(0, failure)).toBe(write);
  expect(retryRead(2, failure)).toBe(false);
  expect(retryWrite(2, failure)).toBe(false);
});

test('faults that pass are those of the network and of a service that is busy', () => {
  expect([new NetworkError('x'), error(429), error(500), error(503, 3_600_000)].map(mayPass)).not.toContain(false);
  expect([error(404), error(412), new SessionEndedError(), new TypeError('x'), undefined].map(mayPass)).not.toContain(
    true,
  );
});

test('waits as long as asked, or longer and longer', () => {
  expect(retryDelay(0, error(503, 1234))).toBe(1234);
  expect([0, 1, 2, 10].map((n) => retryDelay(n, error(500)))).toEqual([500, 1000, 2000, 8000]);
});

describe('patiently', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('repeats what was not let through', async () => {
    const write = vi.fn().mockRejectedValueOnce(error(429, 4000)).mockResolvedValue('done');
    const result = patiently(write);
    await vi.advanceTimersByTimeAsync(3999);
    expect(write).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await result).toBe('done');
  });

  test('does not repeat what may have been carried out', async () => {
    const write = vi.fn().mockRejectedValue(error(503));
    await expect(patiently(write)).rejects.toMatchObject({ status: 503 });
    expect(write).toHaveBeenCalledTimes(1);
  });

  test('gives up in the end', async () => {
    const write = vi.fn().mockRejectedValue(error(429));
    const result = expect(patiently(write)).rejects.toMatchObject({ status: 429 });
    await vi.runAllTimersAsync();
    await result;
    expect(write).toHaveBeenCalledTimes(3);
  });
});
