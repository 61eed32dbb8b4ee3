import { expect, test, vi } from 'vitest';
import { checkConfig, loadConfig } from './config.ts';

const good = {
  version: 1,
  tenant: { id: 'acme', name: 'Acme', color: '#C2410c' },
  issuer: 'https://id.example.com/',
  clientId: 'kittens-web',
  scope: 'openid account:acme-2024',
  authorizationParameters: { audience: 'https://api.example.com/' },
  api: '/api',
};

test('accepts what the plan writes', () => {
  expect(checkConfig(good)).toBe(good);
  const { authorizationParameters: _, ...least } = { ...good, tenant: { id: 'acme', name: 'Acme' } };
  expect(checkConfig(least)).toBe(least);
});

test.each([
  ['version', { ...good, version: 2 }],
  ['tenant.id', { ...good, tenant: { name: 'Acme' } }],
  ['tenant.color', { ...good, tenant: { ...good.tenant, color: 'red;}' } }],
  ['issuer', { ...good, issuer: 'id.example.com' }],
  ['clientId', { ...good, clientId: '' }],
  ['scope', { ...good, scope: 7 }],
  ['authorizationParameters', { ...good, authorizationParameters: { a: 1 } }],
  ['api', { ...good, api: 'https://elsewhere.example.com/api' }],
  ['api', { ...good, api: '//elsewhere.example.com' }],
  ['api', { ...good, api: '/\\elsewhere.example.com/x' }],
  ['api', { ...good, api: '/\t/elsewhere.example.com/x' }],
  ['api', { ...good, api: '/\n\\elsewhere.example.com/x' }],
  ['api', { ...good, api: '/' }],
])('refuses a wrong %s', (what, value) => {
  expect(() => checkConfig(value)).toThrow(what);
});

test('says what is wrong with the path of the API', () => {
  expect(() => checkConfig({ ...good, api: '/\t/elsewhere.example.com/x' })).toThrow(
    'api is "/\\t/elsewhere.example.com/x"; it has to be a path of this site',
  );
});

test('lists everything at once', () => {
  for (const value of [null, [], 'x', {}]) {
    expect(() => checkConfig(value)).toThrow(
      expect.objectContaining({ problems: expect.objectContaining({ length: 7 }) }),
    );
  }
});

test.each([
  ['no answer', () => Promise.reject(new TypeError('Failed to fetch')), 'cannot be reached'],
  ['403', () => Promise.resolve(new Response('', { status: 403 })), 'status 403'],
  ['a page', () => Promise.resolve(new Response('<html>')), 'no JSON'],
])('%s is an error that says so', async (_, fetch, message) => {
  vi.stubGlobal('fetch', fetch);
  await expect(loadConfig()).rejects.toThrow(message);
});

test('never comes out of a cache', async () => {
  const fetch = vi.fn().mockResolvedValue(new Response(JSON.stringify(good)));
  vi.stubGlobal('fetch', fetch);
  expect(await loadConfig()).toEqual(good);
  expect(fetch).toHaveBeenCalledWith('/config.json', { cache: 'no-store' });
});
