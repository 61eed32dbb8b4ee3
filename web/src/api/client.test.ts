import { beforeEach, expect, test, vi } from 'vitest';
import { createApi, type Tokens, unwrap } from './client.ts';

const fetched = vi.fn<(request: Request) => Promise<Response>>();
const reachability = { answered: vi.fn(), failed: vi.fn() };
const tokens = { accessToken: vi.fn<Tokens['accessToken']>(), renew: vi.fn<Tokens['renew']>(), end: vi.fn() };

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal('fetch', fetched);
  tokens.accessToken.mockResolvedValue('first');
});

const api = () => createApi('/api/acme-2024', tokens, reachability);
const list = () => unwrap(api().GET('/kittens', { params: { query: { q: 'a&b' } } }));
const add = () => unwrap(api().POST('/kittens', { body: { name: 'Minka', breed: 'siam', birthDate: '2024-01-01' } }));

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

test('sends the token, and only in the header', async () => {
  fetched.mockResolvedValue(json(200, { items: [] }, { ETag: '"4"' }));
  expect(await list()).toEqual({ data: { items: [] }, etag: '"4"' });
  const request = fetched.mock.calls[0]?.[0];
  expect(request?.headers.get('Authorization')).toBe('Bearer first');
  expect(request?.url).toBe(`${location.origin}/api/acme-2024/kittens?q=a%26b`);
  expect(reachability.answered).toHaveBeenCalled();
});

test('renews a refused token once and repeats the request with its body', async () => {
  const bodies: string[] = [];
  fetched.mockImplementation(async (request) => {
    bodies.push(await request.text());
    return request.headers.get('Authorization') === 'Bearer second' ? json(201, { name: 'Minka' }) : json(401, {});
  });
  tokens.renew.mockResolvedValue('second');
  expect((await add()).data).toEqual({ name: 'Minka' });
  expect(tokens.renew).toHaveBeenCalledExactlyOnceWith('first');
  expect(bodies).toHaveLength(2);
  expect(bodies[0]).toBe(bodies[1]);
  expect(tokens.end).not.toHaveBeenCalled();
});

test('says that the session has ended when there is no new token', async () => {
  fetched.mockResolvedValue(json(401, {}));
  tokens.renew.mockResolvedValue(undefined);
  await expect(list()).rejects.toMatchObject({ name: 'SessionEndedError' });
  expect(fetched).toHaveBeenCalledTimes(1);
});

test('ends the session when a new token is refused too', async () => {
  fetched.mockImplementation(async () => json(401, {}));
  tokens.renew.mockResolvedValue('second');
  await expect(list()).rejects.toMatchObject({ name: 'SessionEndedError' });
  expect(fetched).toHaveBeenCalledTimes(2);
  expect(tokens.end).toHaveBeenCalledTimes(1);
});

test('tells a sign-in service without an answer from a session that has ended', async () => {
  tokens.accessToken.mockRejectedValueOnce(new TypeError('Failed to fetch'));
  await expect(list()).rejects.toMatchObject({
    name: 'NetworkError',
    message: 'The sign-in service cannot be reached.',
  });
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockResolvedValue(json(401, {}));
  tokens.renew.mockRejectedValue(new TypeError('Failed to fetch'));
  await expect(list()).rejects.toMatchObject({ name: 'NetworkError' });
  expect(reachability.failed).toHaveBeenCalledTimes(2);
  expect(tokens.end).not.toHaveBeenCalled();
});

test('sends nothing without a token', async () => {
  tokens.accessToken.mockResolvedValue(undefined);
  await expect(list()).rejects.toMatchObject({ name: 'SessionEndedError' });
  expect(fetched).not.toHaveBeenCalled();
});

test('tells no answer from a request that was given up', async () => {
  fetched.mockRejectedValue(new TypeError('Failed to fetch'));
  await expect(list()).rejects.toMatchObject({ name: 'NetworkError' });
  expect(reachability.failed).toHaveBeenCalledTimes(1);
  fetched.mockRejectedValue(new DOMException('gone', 'AbortError'));
  await expect(list()).rejects.toMatchObject({ name: 'AbortError' });
  expect(reachability.failed).toHaveBeenCalledTimes(1);
});

test('takes an answer that breaks off for no answer', async () => {
  const body = (end: (controller: ReadableStreamDefaultController) => void) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"items":['));
        end(controller);
      },
    });
  fetched.mockResolvedValue(new Response(body((c) => c.error(new TypeError('network error')))));
  await expect(list()).rejects.toMatchObject({ name: 'NetworkError', message: 'The service cannot be reached.' });
  expect(reachability.failed).toHaveBeenCalledTimes(1);
  expect(reachability.answered).not.toHaveBeenCalled();
  fetched.mockResolvedValue(new Response(body((c) => c.error(new DOMException('gone', 'AbortError')))));
  await expect(list()).rejects.toMatchObject({ name: 'AbortError' });
  expect(reachability.failed).toHaveBeenCalledTimes(1);
});

test('does not take a fault of the program for one of the network', async () => {
  fetched.mockResolvedValue(json(200, { items: [] }));
  const broken = { answered: () => undefined, failed: vi.fn() };
  const call = createApi('/api', tokens, broken).GET('/kittens', {
    params: { query: {} },
    querySerializer: () => {
      throw new TypeError('x is not a function');
    },
  });
  await expect(unwrap(call)).rejects.toMatchObject({ name: 'TypeError' });
  expect(broken.failed).not.toHaveBeenCalled();
});

test('passes on an answer without a body', async () => {
  fetched.mockResolvedValue(new Response(null, { status: 204, headers: { ETag: '"5"' } }));
  expect(await list()).toMatchObject({ etag: '"5"' });
});

test('takes a page with status 200 for no answer of the service', async () => {
  fetched.mockResolvedValue(new Response('<html>Welcome to our network</html>', { status: 200 }));
  await expect(list()).rejects.toMatchObject({ name: 'NetworkError' });
});

test('throws problems', async () => {
  const problem = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    errors: [{ pointer: '/name', detail: 'is too long' }],
  };
  fetched.mockResolvedValue(json(400, problem, { 'Content-Type': 'application/problem+json' }));
  await expect(add()).rejects.toMatchObject({ name: 'ApiError', status: 400, problem });
  fetched.mockResolvedValue(new Response('<html>Bad gateway</html>', { status: 502 }));
  await expect(list()).rejects.toMatchObject({ name: 'ApiError', status: 502 });
});
