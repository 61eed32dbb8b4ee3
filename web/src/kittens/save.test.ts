import { beforeEach, expect, test, vi } from 'vitest';
import { createApi } from '../api/client.ts';
import type { Kitten, KittenInput } from './data.ts';
import { saveOver } from './save.ts';

const base: KittenInput = { name: 'Minka', breed: 'siam', birthDate: '2024-01-01', description: 'Old.' };
const mine: KittenInput = { ...base, description: 'Mine.' };

/** A server with one kitten, which others change before each write as the test says. */
class Server {
  kitten: Kitten | undefined = { ...base, kittenId: 'k', version: 3, createdAt: '', updatedAt: '' };
  writes: string[] = [];
  meanwhile: Partial<Kitten>[] = [];

  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return this.answer(200);
    const change = this.meanwhile.shift();
    if (change && this.kitten) this.kitten = { ...this.kitten, ...change, version: this.kitten.version + 1 };
    const match = request.headers.get('If-Match') ?? '';
    this.writes.push(match);
    if (!this.kitten) return this.answer(404);
    if (match !== `"${this.kitten.version}"`) return this.answer(412);
    this.kitten = { ...this.kitten, ...((await request.json()) as KittenInput), version: this.kitten.version + 1 };
    return this.answer(200);
  }

  answer(status: number): Response {
    const body = status === 200 && this.kitten ? this.kitten : { type: 'about:blank', title: 'x', status };
    return new Response(JSON.stringify(body), {
      status: this.kitten ? status : 404,
      headers: { ETag: `"${this.kitten?.version}"` },
    });
  }
}

let server: Server;
const api = createApi(
  '/api',
  { accessToken: async () => 't', renew: async () => undefined, end: () => {} },
  { answered: () => {}, failed: () => {} },
);
const save = () => saveOver(api, 'k', { etag: '"3"', input: base }, mine);

beforeEach(() => {
  server = new Server();
  vi.stubGlobal('fetch', (request: Request) => server.fetch(request));
});

test('saves the version it was made of', async () => {
  expect(await save()).toMatchObject({ saved: { kitten: { version: 4, description: 'Mine.' }, etag: '"4"' } });
  expect(server.writes).toEqual(['"3"']);
});

test('goes over a new version in which nothing of the form changed', async () => {
  server.meanwhile = [{ updatedAt: 'later' }, { updatedAt: 'later still' }];
  expect(await save()).toMatchObject({ saved: { kitten: { version: 6, description: 'Mine.' } } });
  expect(server.writes).toEqual(['"3"', '"4"', '"5"']);
});

test('does not go over what others changed', async () => {
  server.meanwhile = [{ name: 'Theirs' }];
  expect(await save()).toMatchObject({
    current: { kitten: { name: 'Theirs', description: 'Old.', version: 4 }, etag: '"4"' },
  });
  expect(server.kitten?.description).toBe('Old.');
});

test('has nothing to save when others saved the same', async () => {
  server.meanwhile = [{ description: 'Mine.' }];
  expect(await save()).toMatchObject({ saved: { kitten: { version: 4 } } });
  expect(server.writes).toHaveLength(1);
});

test('gives up when it is always too late', async () => {
  server.meanwhile = Array.from({ length: 9 }, () => ({ updatedAt: 'again' }));
  expect(await save()).toMatchObject({ current: { kitten: { description: 'Old.' } } });
  expect(server.writes).toHaveLength(5);
});

test('says that the kitten is gone', async () => {
  server.kitten = undefined;
  await expect(save()).rejects.toMatchObject({ status: 404 });
});
