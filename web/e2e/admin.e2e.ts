import { expect, test } from 'vitest';
import { createKitten } from './support/api.ts';
import { heading, signIn, useBrowser, visit } from './support/browser.ts';
import { dedicated, shared } from './support/cloud.ts';

useBrowser();

test.each([shared, dedicated])(
  'an admin builds the search index of $id anew and sees how far it is',
  async (tenant) => {
    await createKitten(tenant, { name: 'Indexed' });
    await visit(async ({ page, allow }) => {
      allow(/status of 409/);
      await signIn(page, tenant, 'admin', '/admin/tasks');
      await heading(page, 'Tasks');
      await page.getByRole('button', { name: 'Start' }).click();
      const latest = page.locator('.task').first();
      await latest.getByText(/Waiting|Running|Done/).waitFor();
      await latest.getByText('Done').waitFor({ timeout: 60_000 });
      await latest.getByText(/\d+ of \d+ kittens?/).waitFor();
      expect(await page.getByRole('progressbar').count()).toBe(0);
      await page.getByRole('status').filter({ hasText: 'The task is done' }).waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Start' }).waitFor();
    });
  },
);

test('who may not start a task is told so, on one page', async () => {
  await visit(async ({ page, allow }) => {
    allow(/status of 403/);
    await page.route('**/api/admin/tasks', (route) =>
      route.request().method() === 'GET'
        ? route.fulfill({ json: { items: [] } })
        : route.fulfill({ status: 403, json: { type: 'about:blank', title: 'Forbidden', status: 403 } }),
    );
    await signIn(page, shared, 'admin', '/admin/tasks');
    await page.getByRole('button', { name: 'Start' }).click();
    await heading(page, 'Not allowed');
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
  });
});

test('progress is shown while a task runs, and another one is not started', async () => {
  await visit(async ({ page, allow }) => {
    allow(/status of 409/);
    const task = {
      taskId: '9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d12',
      kind: 'reindex',
      status: 'succeeded',
      progress: { done: 10, total: 10 } as { done: number; total?: number },
      createdAt: new Date().toISOString(),
      updatedAt: new Date().toISOString(),
      error: undefined as string | undefined,
    };
    await page.route('**/api/admin/tasks', (route) =>
      route.request().method() === 'GET'
        ? route.fulfill({ json: { items: [task] } })
        : route.fulfill({
            status: 409,
            json: { type: 'about:blank', title: 'Conflict', status: 409, detail: 'A task of this kind is running.' },
          }),
    );
    await signIn(page, shared, 'admin', '/admin/tasks');
    await page.getByText('10 of 10 kittens').waitFor();
    Object.assign(task, { status: 'running', progress: { done: 1200 } });
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('alert').filter({ hasText: 'is running already' }).waitFor();
    await page.getByText('1,200 kittens').waitFor();
    const bar = page.getByRole('progressbar', { name: 'Build the search index anew' });
    expect(await bar.getAttribute('value')).toBeNull(); // how many there are is not known yet
    task.progress = { done: 1800, total: 4800 };
    await page.getByText('1,800 of 4,800 kittens').waitFor();
    expect([await bar.getAttribute('value'), await bar.getAttribute('max')]).toEqual(['1800', '4800']);
    expect(await page.getByRole('button', { name: 'Running …' }).getAttribute('aria-disabled')).toBe('true');
    Object.assign(task, { status: 'failed', error: 'The search index could not be written.' });
    await page.getByText('The search index could not be written.').waitFor();
    await page.getByText('Failed', { exact: true }).waitFor();
    expect(await bar.count()).toBe(0);
  });
});
