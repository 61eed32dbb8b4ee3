import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApi } from '../api/client.ts';
import type { Kitten } from '../kittens/data.ts';
import { put } from './put.ts';
import { announced, isExpected } from './section.tsx';
import { type Photo, patience, stateOf, Upload } from './upload.ts';

vi.mock('./put.ts', { spy: true });

const png = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])], 'minka.png');
const photo = (photoId: string, status: Photo['status'], more: Partial<Photo> = {}): Photo => ({
  photoId,
  status,
  contentType: 'image/png',
  size: 8,
  sha256: 'x',
  ...more,
});
const kitten = (more: Partial<Kitten> = {}): Kitten => ({
  kittenId: 'k',
  name: 'Minka',
  breed: 'siam',
  birthDate: '2024-01-01',
  version: 1,
  createdAt: '',
  updatedAt: '',
  ...more,
});

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const answer = vi.fn<(request: Request) => Promise<Response>>();
const tokens = { accessToken: async () => 't', renew: async () => undefined, end: () => {} };
const onKitten = vi.fn();
let reads: Kitten[];
let upload: Upload;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  reads = [];
  vi.mocked(put).mockResolvedValue();
  vi.stubGlobal('fetch', answer);
  vi.stubGlobal('createImageBitmap', async () => ({ close: () => {} }));
  answer.mockImplementation(async (request) =>
    request.method === 'POST'
      ? json(201, {
          photoId: 'p',
          url: 'https://s.example.com/',
          method: 'PUT',
          headers: {},
          expiresAt: '2999-01-01T00:00:00Z',
        })
      : json(200, reads.length > 1 ? reads.shift() : reads[0]),
  );
  upload = new Upload(createApi('/api', tokens, { answered: () => {}, failed: () => {} }), 'k', onKitten);
});

afterEach(() => {
  upload.cancel();
  vi.useRealTimers();
});

// The digest is made outside of the clock of the test, so both go on in turns.
async function finish(done: Promise<void>): Promise<void> {
  let finished = false;
  void done.finally(() => {
    finished = true;
  });
  while (!finished) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const send = () => finish(upload.send(png, 'image/png'));

describe('Upload', () => {
  test('announces what the file is, sends it, and waits until it is stored', async () => {
    reads = [
      kitten({ photo: photo('p', 'pending') }),
      kitten({ photo: photo('p', 'pending') }),
      kitten({ photo: photo('p', 'stored') }),
    ];
    await upload.choose(png);
    expect(upload.value).toEqual({ step: 'chosen', file: png, type: 'image/png' });
    const steps: string[] = [];
    upload.subscribe(() => steps.push(upload.value.step));
    await send();
    expect(steps).toEqual(['preparing', 'sending', 'checking', 'stored']);
    expect(onKitten).toHaveBeenCalledTimes(3);
    const announced = answer.mock.calls[0]?.[0];
    expect(announced?.url).toMatch(/\/api\/kittens\/k\/photo$/);
    expect(put).toHaveBeenCalledWith(
      expect.objectContaining({ photoId: 'p' }),
      png,
      expect.any(Function),
      expect.any(AbortSignal),
    );
  });

  test('tells how much was sent', async () => {
    reads = [kitten({ photo: photo('p', 'stored') })];
    const sent: number[] = [];
    vi.mocked(put).mockImplementation(async (_, __, onProgress) => {
      for (const n of [2, 8]) onProgress(n);
    });
    upload.subscribe(() => {
      if (upload.value.step === 'sending') sent.push(upload.value.sent);
    });
    await send();
    expect(sent).toEqual([0, 2, 8]);
  });

  test('says why a photo was rejected', async () => {
    reads = [
      kitten({ photo: photo('old', 'stored'), replacement: photo('p', 'rejected', { reason: 'It is no picture.' }) }),
    ];
    await send();
    expect(upload.value).toEqual({ step: 'rejected', reason: 'It is no picture.' });
  });

  test('stops waiting after a minute, and goes on when it is asked to', async () => {
    reads = [kitten({ photo: photo('p', 'pending') })];
    let began = 0; // when it was sent: the digest before takes the time that the machine needs
    upload.subscribe(() => {
      if (upload.value.step === 'checking' && !upload.value.late) began = Date.now();
    });
    await send();
    expect(upload.value).toMatchObject({ step: 'checking', late: true });
    expect(Date.now() - began).toBeGreaterThanOrEqual(patience.total);
    expect(Date.now() - began).toBeLessThan(patience.total + patience.most + 1000);
    reads = [kitten({ photo: photo('p', 'stored') })];
    await finish(upload.look());
    expect(upload.value).toEqual({ step: 'stored' });
  });

  describe('when the kitten cannot be read while a photo is checked', () => {
    /** Answers the first reads with what is given, and then with the stored photo. */
    function failFirst(...failures: (() => Promise<Response>)[]): void {
      reads = [kitten({ photo: photo('p', 'stored') })];
      const normal = answer.getMockImplementation();
      answer.mockImplementation((request) => {
        const fail = request.method === 'GET' ? failures.shift() : undefined;
        return fail?.() ?? normal?.(request) ?? Promise.reject(new Error('there is no answer'));
      });
    }
    const problem = async (status: number, headers = {}) => new Response('{}', { status, headers });
    const cut = () => Promise.reject(new TypeError('Failed to fetch'));

    test.each([
      ['no answer', cut],
      ['429', () => problem(429)],
      ['503', () => problem(503)],
      ['a page of a proxy', async () => new Response('<html>')],
    ])('%s is waited out', async (_, failure) => {
      failFirst(failure, failure, failure);
      const steps: string[] = [];
      upload.subscribe(() => steps.push(upload.value.step));
      await send();
      expect(steps).toEqual(['preparing', 'sending', 'checking', 'stored']);
    });

    test('it is asked again when the answer says, and not at all if that is too late', async () => {
      const times: number[] = [];
      failFirst(async () => {
        times.push(Date.now());
        return problem(503, { 'Retry-After': '20' });
      });
      onKitten.mockImplementationOnce(() => times.push(Date.now()));
      await send();
      expect(upload.value).toEqual({ step: 'stored' });
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20_000);
      failFirst(() => problem(503, { 'Retry-After': '3600' }));
      await send();
      expect(upload.value).toMatchObject({ step: 'checking', late: true });
    });

    test.each<[string, () => Promise<Response>]>([
      ['faults that last', cut],
      ['a refusal', () => problem(403)],
    ])('%s end the wait, and not what was sent', async (_, failure) => {
      failFirst(...Array.from({ length: 99 }, () => failure));
      await send();
      expect(upload.value).toMatchObject({ step: 'checking', late: true });
      reads = [kitten({ photo: photo('p', 'stored') })];
      answer.mockImplementation(async () => json(200, reads[0]));
      await finish(upload.look());
      expect(upload.value).toEqual({ step: 'stored' });
    });
  });

  test('does not send a file that is no photo', async () => {
    await upload.choose(new File(['<svg/>'], 'minka.png'));
    expect(upload.value).toMatchObject({ step: 'failed', error: { message: expect.stringContaining('SVG') } });
    expect(answer).not.toHaveBeenCalled();
  });

  test('keeps the file for another attempt when sending fails', async () => {
    vi.mocked(put).mockRejectedValue(new Error('The connection was lost.'));
    await send();
    expect(upload.value).toMatchObject({ step: 'failed', file: png, type: 'image/png' });
  });

  test('keeps the file when it is cancelled on the way, and else forgets it', async () => {
    vi.mocked(put).mockImplementation(
      (_, __, ___, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const done = upload.send(png, 'image/png');
    await vi.waitFor(() => expect(upload.value.step).toBe('sending'));
    upload.cancel();
    await done;
    expect(upload.value).toEqual({ step: 'cancelled', file: png, type: 'image/png' });
    await upload.choose(png);
    upload.cancel();
    expect(upload.value).toEqual({ step: 'none' });
  });
});

test('a photo that another one took the place of is not waited for', () => {
  expect(stateOf(kitten({ photo: photo('other', 'pending') }), 'p')).toMatchObject({ step: 'rejected' });
  expect(stateOf(kitten({ photo: photo('p', 'rejected') }), 'p')).toEqual({
    step: 'rejected',
    reason: 'It is no acceptable photo.',
  });
});

test('what was announced is expected until its check must have ended', () => {
  const expiresAt = '2026-11-29T08:00:00Z';
  const at = Date.parse(expiresAt);
  const pending = photo('p', 'pending', { expiresAt });
  expect([at - 1, at + 59_999, at + 60_000].map((now) => isExpected(pending, now))).toEqual([true, true, false]);
  expect(isExpected(photo('p', 'rejected'))).toBe(false);
  expect(isExpected(undefined)).toBe(false);
  expect(announced(kitten({ photo: photo('p', 'stored') }))).toBeUndefined();
  expect(announced(kitten({ photo: photo('p', 'stored'), replacement: pending }))).toBe(pending);
  expect(announced(kitten({ photo: pending }))).toBe(pending);
});
