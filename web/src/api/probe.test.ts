import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { probe } from './probe.ts';

const read = vi.fn<(signal: AbortSignal) => Promise<unknown>>();
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  read.mockReset().mockRejectedValue(new TypeError('Failed to fetch'));
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function show(shown: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(!shown);
  document.dispatchEvent(new Event('visibilitychange'));
}

test('reads later and later until it is stopped', async () => {
  stop = probe(read);
  const times: number[] = [];
  for (let second = 1; second <= 70; second++) {
    const before = read.mock.calls.length;
    await vi.advanceTimersByTimeAsync(1000);
    if (read.mock.calls.length > before) times.push(second);
  }
  expect(times).toEqual([2, 6, 14, 30, 50, 70]);
  stop();
  expect(read.mock.lastCall?.[0].aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(read).toHaveBeenCalledTimes(6);
});

test('does nothing while the tab is hidden, and reads at once when it is shown', async () => {
  stop = probe(read);
  show(false);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(read).not.toHaveBeenCalled();
  show(true);
  expect(read).toHaveBeenCalledTimes(1);
  show(false);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(read).toHaveBeenCalledTimes(1);
});
