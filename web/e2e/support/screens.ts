import type { Page } from 'playwright-core';
import { changeKitten } from './api.ts';
import { at, enter, heading, passed, type Role, signIn, type Visit } from './browser.ts';
import type { Tenant } from './cloud.ts';
import { draw, looks } from './pictures.ts';

/** Screen is a state of the page that somebody can see. */
export interface Screen {
  name: string;
  /** Brings a new browser profile to the screen. */
  open: (visit: Visit, tenant: Tenant, ids: ReadonlyMap<string, string>) => Promise<void>;
}

async function signedIn(page: Page, tenant: Tenant, path: string, role: Role = 'editor'): Promise<void> {
  await signIn(page, tenant, role, path);
}

function path(ids: ReadonlyMap<string, string>, name: string): string {
  const id = ids.get(name);
  if (!id) throw new Error(`there is no kitten "${name}"`);
  return `/kittens/${id}`;
}

async function loaded(page: Page): Promise<void> {
  await page.locator('a[data-kitten] img').first().waitFor();
  await page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth > 0));
}

const problem = (status: number, title: string) => ({
  status,
  json: { type: 'about:blank', title, status, instance: 'urn:uuid:7a1c9a54-8f0b-4c7e-9d43-2b0f6f3c1e55' },
});

export const screens: Screen[] = [
  {
    name: 'sign-in',
    open: async ({ page }, tenant) => {
      await page.goto(tenant.url);
      await heading(page, 'Sign in');
    },
  },
  {
    name: 'signed-out',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens');
      await heading(page, 'Kittens');
      await page.getByRole('button', { name: /Account: / }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();
    },
  },
  {
    name: 'sign-in-failed',
    open: async ({ page }, tenant) => {
      await page.goto(at(tenant, '/callback?code=x&state=y'));
      await heading(page, 'This sign-in cannot be completed');
    },
  },
  {
    name: 'not-a-member',
    open: async ({ page }, tenant) => {
      await page.goto(tenant.url);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await enter(page, 'admin@whisker-world', 'admin');
      await heading(page, /^This account is not of /);
    },
  },
  {
    name: 'broken-configuration',
    open: async ({ page }, tenant) => {
      await page.route('**/config.json', (route) => route.fulfill({ json: { version: 1 } }));
      await page.goto(tenant.url);
      await heading(page, 'The application cannot start');
    },
  },
  {
    name: 'list',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens', 'admin');
      await loaded(page);
    },
  },
  {
    name: 'list-of-a-reader',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens', 'reader');
      await loaded(page);
    },
  },
  {
    name: 'list-loading',
    open: async ({ page }, tenant) => {
      await page.route('**/api/kittens?*', () => {}); // never answered
      await signedIn(page, tenant, '/kittens');
      await heading(page, 'Kittens');
      await page.locator('.skeleton').first().waitFor();
    },
  },
  {
    name: 'search',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens?q=keyboards');
      await page.locator('mark').first().waitFor();
      await loaded(page);
    },
  },
  {
    name: 'search-nothing',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens?q=unicorn');
      await page.getByText('Nothing found').waitFor();
    },
  },
  {
    name: 'search-too-long',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens');
      await heading(page, 'Kittens');
      await page.getByRole('textbox').fill('keyboards '.repeat(30));
      await page.getByText('A search has at most').waitFor();
    },
  },
  {
    name: 'search-unavailable',
    open: async ({ page }, tenant) => {
      await page.route('**/api/kittens?*', (route) =>
        route.fulfill({
          json: {
            items: [],
            search: { available: false, message: 'Search is not available at the moment. The list is not filtered.' },
          },
        }),
      );
      await signedIn(page, tenant, '/kittens?q=minka');
      await page.getByText('The list is not filtered.').waitFor();
    },
  },
  {
    name: 'list-error',
    open: async ({ page, allow }, tenant) => {
      allow(/status of 500/);
      await page.route('**/api/kittens?*', (route) => route.fulfill(problem(500, 'Internal Server Error')));
      await signedIn(page, tenant, '/kittens');
      await page.getByText('The list could not be loaded').waitFor();
    },
  },
  {
    name: 'offline',
    open: async ({ page, context, allow }, tenant) => {
      allow(/ERR_INTERNET_DISCONNECTED/); // what was on its way
      await signedIn(page, tenant, '/kittens');
      await loaded(page);
      await context.setOffline(true);
      await page.getByText('You are offline.').waitFor();
    },
  },
  {
    name: 'account-menu',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens');
      await loaded(page);
      await page.getByRole('button', { name: /Account: / }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    },
  },
  {
    name: 'detail',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Minka'));
      await page.getByRole('img', { name: 'Minka' }).waitFor();
      await page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth > 0));
    },
  },
  {
    name: 'detail-without-photo',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Biscuit'));
      await page.getByText('No photo').waitFor();
    },
  },
  {
    name: 'photo-chosen',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Nala'));
      await heading(page, 'Nala');
      const buffer = await draw(page, looks[4] ?? never(), 'image/jpeg');
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'nala-on-the-sofa.jpg', mimeType: 'image/jpeg', buffer });
      await page.getByRole('button', { name: 'Upload' }).waitFor();
    },
  },
  {
    name: 'photo-sending',
    open: async ({ page, context }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Nala'));
      await heading(page, 'Nala');
      const buffer = await draw(page, looks[4] ?? never(), 'image/png', 2000, 1500);
      await page.locator('input[type=file]').setInputFiles({ name: 'nala.png', mimeType: 'image/png', buffer });
      const session = await context.newCDPSession(page);
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 200 * 1024,
      });
      await page.getByRole('button', { name: 'Upload' }).click();
      await page.waitForFunction(
        (least) => Number(document.querySelector('progress')?.getAttribute('value') ?? 0) > least,
        buffer.length / 8,
      );
    },
  },
  {
    name: 'photo-refused',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Biscuit'));
      await heading(page, 'Biscuit');
      await page
        .locator('input[type=file]')
        .setInputFiles({ name: 'biscuit.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
      await page.getByText('This file cannot be used').waitFor();
    },
  },
  {
    name: 'delete',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, path(ids, 'Oscar'));
      await heading(page, 'Oscar');
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'new',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens/new');
      await heading(page, 'Add a kitten');
    },
  },
  {
    name: 'form-faults',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens/new');
      await heading(page, 'Add a kitten');
      await page.getByLabel('Name').fill('x'.repeat(95));
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('This cannot be saved yet').waitFor();
    },
  },
  {
    name: 'edit',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, `${path(ids, 'Luna')}/edit`);
      await heading(page, 'Edit Luna');
    },
  },
  {
    name: 'edit-long-name',
    open: async ({ page }, tenant, ids) => {
      const name = 'ab'.repeat(40);
      await page.route(`**/api${path(ids, 'Luna')}`, async (route) => {
        const { status, headers, json } = await passed(route);
        const { 'content-length': _length, ...kept } = headers;
        await route.fulfill({ status, headers: kept, json: { ...json<object>(), name } });
      });
      await signedIn(page, tenant, `${path(ids, 'Luna')}/edit`);
      await heading(page, `Edit ${name}`);
    },
  },
  {
    name: 'leave',
    open: async ({ page }, tenant, ids) => {
      await signedIn(page, tenant, `${path(ids, 'Luna')}/edit`);
      await heading(page, 'Edit Luna');
      await page.getByLabel('Description').fill('Talks all day, and sings at night.');
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'conflict',
    open: async ({ page, allow }, tenant, ids) => {
      allow(/status of 412/);
      await signedIn(page, tenant, `${path(ids, 'Mochi')}/edit`);
      await heading(page, 'Edit Mochi');
      await page.getByLabel('Description').fill('Goes limp when carried, like a warm scarf that purrs.');
      await page.getByLabel('Name').fill('Mochi the Cloud');
      const weight = 1000 + (Date.now() % 1000);
      await changeKitten(tenant, ids.get('Mochi') ?? never(), {
        breed: 'birman',
        description: `Goes limp when carried. Weighs ${weight} g.`,
      });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Somebody else changed this kitten').waitFor();
    },
  },
  {
    name: 'session-ended',
    open: async ({ page, allow }, tenant) => {
      allow(/status of 40/);
      await signedIn(page, tenant, '/kittens');
      await loaded(page);
      await page.route('**/api/**', (route) => route.fulfill(problem(401, 'Unauthorized')));
      await page.route('**/oauth/token', (route) =>
        route.fulfill({
          status: 400,
          json: { error: 'invalid_grant' },
          headers: { 'Access-Control-Allow-Origin': '*' },
        }),
      );
      await page.getByRole('textbox').fill('keyboard');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'tasks',
    open: async ({ page }, tenant) => {
      const task = (taskId: string, status: string, progress: object, minutes: number, error?: string) => ({
        taskId,
        kind: 'reindex',
        status,
        progress,
        createdAt: new Date(Date.UTC(2026, 10, 29, 9, minutes)).toISOString(),
        updatedAt: new Date(Date.UTC(2026, 10, 29, 9, minutes + 2)).toISOString(),
        ...(error ? { error } : {}),
      });
      const items = [
        task('9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d12', 'running', { done: 2310, total: 4810 }, 40),
        task(
          '9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d11',
          'failed',
          { done: 1200 },
          20,
          'The search index could not be written.',
        ),
        task('9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d10', 'succeeded', { done: 4790, total: 4790 }, 0),
      ];
      await page.route('**/api/admin/tasks', (route) => route.fulfill({ json: { items } }));
      await signedIn(page, tenant, '/admin/tasks', 'admin');
      await page.getByText('2,310 of 4,810').waitFor();
    },
  },
  {
    name: 'tasks-none',
    open: async ({ page }, tenant) => {
      await page.route('**/api/admin/tasks', (route) => route.fulfill({ json: { items: [] } }));
      await signedIn(page, tenant, '/admin/tasks', 'admin');
      await page.getByRole('heading', { name: 'No tasks' }).waitFor();
    },
  },
  {
    name: 'not-allowed',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens/new', 'reader');
      await heading(page, 'Not allowed');
    },
  },
  {
    name: 'not-found',
    open: async ({ page }, tenant) => {
      await signedIn(page, tenant, '/kittens/nowhere');
      await heading(page, 'Not found');
    },
  },
];

function never(): never {
  throw new Error('there are not enough looks or kittens');
}
