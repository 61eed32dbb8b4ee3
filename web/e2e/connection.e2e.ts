import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKitten, deleteAll } from './support/api.ts';
import { heading, signIn, useBrowser, type Visit, visit } from './support/browser.ts';
import { shared } from './support/cloud.ts';

useBrowser();

const rows = (page: Page) => page.locator('a[data-kitten]');
const down = /net::ERR_|status of (429|50)/;

beforeAll(async () => {
  await deleteAll(shared);
  for (const name of ['Here', 'There']) await createKitten(shared, { name });
});

describe('while the API cannot be reached', () => {
  test('the list keeps what it has, says so, and is loaded by itself when the API is back', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      await signIn(page, shared, 'editor');
      await page.getByText('Here', { exact: true }).waitFor();
      await page.route('**/api/**', (route) => route.abort('connectionrefused'));
      await page.getByRole('textbox').fill('There');
      await page.getByText('The service cannot be reached at the moment.').waitFor();
      await page.getByText('The list could not be loaded').waitFor();
      await page.getByRole('textbox').fill('');
      await page.getByText('Here', { exact: true }).waitFor();
      await page.getByText('The service cannot be reached at the moment.').waitFor();
      await page.getByRole('textbox').fill('There');
      await page.getByText('The list could not be loaded').waitFor();
      await page.unroute('**/api/**');
      await page
        .getByText('The service cannot be reached at the moment.')
        .waitFor({ state: 'detached', timeout: 30_000 });
      await page.getByText('The list could not be loaded').waitFor({ state: 'detached' });
    });
  });

  test('nothing that is typed is lost, and saving works when it is tried again', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      await signIn(page, shared, 'editor', '/kittens/new');
      await page.getByLabel('Name').fill('Patience');
      await page.getByLabel('Breed').fill('siam');
      await page.getByLabel('Date of birth').fill('2026-02-02');
      await page.route('**/api/**', (route) => route.abort('connectionrefused'));
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('alert').filter({ hasText: 'The kitten was not saved' }).waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('Patience');
      await page.unroute('**/api/**');
      await page.getByRole('button', { name: 'Try again' }).click();
      await heading(page, 'Patience');
    });
  });

  test('the page notices that the API is back, also if nothing on it asks', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      await signIn(page, shared, 'editor', '/kittens/new');
      await page.getByLabel('Name').fill('Quiet');
      await page.getByLabel('Breed').fill('siam');
      await page.getByLabel('Date of birth').fill('2026-02-02');
      await page.route('**/api/**', (route) => route.abort('connectionrefused'));
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      const banner = page.getByText('The service cannot be reached at the moment. Trying again …');
      await banner.waitFor();
      await page.unroute('**/api/**');
      await banner.waitFor({ state: 'detached' });
      await page.getByText('The kitten was not saved').waitFor();
    });
  });

  test('a page that was not seen before offers another attempt', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      await signIn(page, shared, 'editor');
      await rows(page).first().waitFor();
      await page.route('**/api/kittens/*', (route) => route.abort('connectionrefused'));
      await page.getByText('Here', { exact: true }).click();
      await page.getByText('The kitten could not be loaded').waitFor();
      await page.unroute('**/api/kittens/*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await heading(page, 'Here');
    });
  });
});

test('offline is said at once, and everything goes on when the connection is back', async () => {
  await visit(async ({ page, context, allow }) => {
    allow(down);
    await signIn(page, shared, 'reader');
    await page.getByText('Here', { exact: true }).waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    expect(await rows(page).count()).toBeGreaterThan(0);
    await page.getByText('Here', { exact: true }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await context.setOffline(false);
    await page.getByText('You are offline.').waitFor({ state: 'detached' });
    await heading(page, 'Here');
  });
});

describe('answers that ask for patience', () => {
  test('are repeated when they say', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      const times: number[] = [];
      await page.route('**/api/kittens?*', (route) => {
        times.push(Date.now());
        if (times.length > 1) return route.continue();
        return route.fulfill({
          status: 503,
          headers: { 'Retry-After': '1' },
          json: { type: 'about:blank', title: 'Service Unavailable', status: 503 },
        });
      });
      await signIn(page, shared, 'reader');
      await page.getByText('Here', { exact: true }).waitFor();
      const [first, second] = times;
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1000);
    });
  });

  test('are shown with what support needs when they last', async () => {
    await visit(async ({ page, allow }) => {
      allow(down);
      const problem = {
        type: 'about:blank',
        title: 'Too Many Requests',
        status: 429,
        detail: 'The rate is exceeded.',
        instance: 'urn:uuid:7a1c9a54-8f0b-4c7e-9d43-2b0f6f3c1e55',
      };
      await page.route('**/api/kittens?*', (route) =>
        route.fulfill({ status: 429, headers: { 'Retry-After': '120' }, json: problem }),
      );
      await signIn(page, shared, 'reader');
      const panel = page.getByRole('alert').filter({ hasText: 'The list could not be loaded' });
      await panel.getByText('Too Many Requests: The rate is exceeded.').waitFor();
      await panel.getByText('Try again in 120 s.').waitFor();
      await panel.getByText(problem.instance).waitFor();
    });
  });
});

describe('a part of the page that a release took away', () => {
  /** Opens a kitten in a page whose code for that is gone, until gone says otherwise. */
  async function openWithout({ page, allow }: Visit, gone: () => boolean): Promise<{ reloads: () => number }> {
    allow(/status of 404|dynamically imported module|MIME type/);
    await page.route('**/assets/detail-*.js', (route) =>
      gone() ? route.fulfill({ status: 404, body: '' }) : route.continue(),
    );
    await signIn(page, shared, 'editor');
    await rows(page).first().waitFor();
    let reloads = 0;
    page.on('request', (r) => {
      // Coming back from the provider is no reload.
      if (r.isNavigationRequest() && new URL(r.url()).pathname.startsWith('/kittens/')) reloads++;
    });
    await page.getByText('Here', { exact: true }).click();
    return { reloads: () => reloads };
  }

  test('is fetched by loading the page anew', async () => {
    await visit(async (v) => {
      let gone = true;
      v.page.on('request', (r) => {
        if (r.isNavigationRequest() && new URL(r.url()).pathname.startsWith('/kittens/')) gone = false;
      });
      const { reloads } = await openWithout(v, () => gone);
      await heading(v.page, 'Here');
      expect(reloads()).toBe(1);
    });
  });

  test('is said to be missing when that does not help', async () => {
    await visit(async (v) => {
      const { reloads } = await openWithout(v, () => true);
      await heading(v.page, 'Not loaded');
      expect(reloads()).toBe(1);
    });
  });
});
