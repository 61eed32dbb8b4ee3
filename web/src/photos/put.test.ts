import { beforeEach, describe, expect, test, vi } from 'vitest';
import { put } from './put.ts';

/** A request that does nothing by itself: tests play storage. */
class FakeRequest extends EventTarget {
  static last: FakeRequest;
  upload = new EventTarget();
  headers: Record<string, string> = {};
  opened: string[] = [];
  body: unknown;
  status = 0;
  responseText = '';

  constructor() {
    super();
    FakeRequest.last = this;
  }

  open(...args: string[]): void {
    this.opened = args;
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  send(body: unknown): void {
    this.body = body;
  }

  abort(): void {
    this.dispatchEvent(new Event('abort'));
  }

  answer(status: number, text = ''): void {
    this.status = status;
    this.responseText = text;
    this.dispatchEvent(new Event('load'));
  }
}

const upload = {
  photoId: 'p',
  url: 'https://storage.example.com/uploads/1/incoming/k/p?X-Amz-Signature=1',
  method: 'PUT' as const,
  headers: {
    'Content-Type': 'image/png',
    'Content-Length': '3',
    Host: 'storage.example.com',
    'If-None-Match': '*',
    'x-amz-checksum-sha256': 'abc=',
  },
  expiresAt: '2999-01-01T00:00:00Z',
};
const photo = new Blob(['abc']);
const progress = vi.fn();

beforeEach(() => vi.stubGlobal('XMLHttpRequest', FakeRequest));

function start(signal = new AbortController().signal, given = upload) {
  const done = put(given, photo, progress, signal);
  return { done, request: FakeRequest.last };
}

describe('put', () => {
  test('sends the request as it is, without the headers that are the browser’s', async () => {
    const { done, request } = start();
    expect(request.opened).toEqual(['PUT', upload.url]);
    expect(request.headers).toEqual({
      'Content-Type': 'image/png',
      'If-None-Match': '*',
      'x-amz-checksum-sha256': 'abc=',
    });
    expect(request.body).toBe(photo);
    request.upload.dispatchEvent(new ProgressEvent('progress', { loaded: 2, total: 3 }));
    expect(progress).toHaveBeenCalledWith(2);
    request.answer(200);
    await done;
  });

  test('takes 412 for success: it is stored already', async () => {
    const { done, request } = start();
    request.answer(412, '<Error><Code>PreconditionFailed</Code></Error>');
    await done;
  });

  test.each([
    [403, '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>', 'expired', 'had expired'],
    [400, '<Error><Code>ExpiredToken</Code></Error>', 'expired', 'had expired'],
    [403, '<Error><Code>SignatureDoesNotMatch</Code></Error>', 'refused', 'SignatureDoesNotMatch'],
    [400, '<Error><Code>BadDigest</Code></Error>', 'refused', 'BadDigest'],
    [413, '', 'refused', 'status 413'],
    [503, '<Error><Code>SlowDown</Code></Error>', 'refused', 'at the moment (status 503)'],
  ])('%i %s', async (status, text, kind, message) => {
    const { done, request } = start();
    request.answer(status, text);
    await expect(done).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test('a refusal after the time is an expiry, whatever storage says', async () => {
    const { done, request } = start(undefined, { ...upload, expiresAt: '2000-01-01T00:00:00Z' });
    request.answer(403);
    await expect(done).rejects.toMatchObject({ kind: 'expired' });
  });

  test('a lost connection is said', async () => {
    const { done, request } = start();
    request.dispatchEvent(new Event('error'));
    await expect(done).rejects.toMatchObject({ kind: 'network' });
  });

  test('a connection that stands still is given up', async () => {
    vi.useFakeTimers();
    const { done, request } = start();
    const end = expect(done).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringContaining('stood still'),
    });
    await vi.advanceTimersByTimeAsync(50_000);
    request.upload.dispatchEvent(new ProgressEvent('progress', { loaded: 1 }));
    await vi.advanceTimersByTimeAsync(59_000);
    await vi.advanceTimersByTimeAsync(2000);
    await end;
    vi.useRealTimers();
  });

  test('is cancelled', async () => {
    const controller = new AbortController();
    const { done } = start(controller.signal);
    controller.abort();
    await expect(done).rejects.toMatchObject({ name: 'AbortError' });
    await expect(put(upload, photo, progress, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});
