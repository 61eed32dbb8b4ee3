import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { createKitten, readKitten } from './support/api.ts';
import { enter, heading, signIn, useBrowser, visit } from './support/browser.ts';
import { dedicated } from './support/cloud.ts';

useBrowser();

/** Keeps requests of a method from the API until they are let go on, or answered otherwise. */
async function hold(page: Page, path: string, method: string) {
  let end = (_: 'continue' | number) => {};
  const ended = new Promise<'continue' | number>((resolve) => {
    end = resolve;
  });
  let asked = 0;
  await page.route(`**/api${path}`, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    asked++;
    const how = await ended;
    if (how === 'continue') return route.continue();
    return route.fulfill({ status: how, json: { type: 'about:blank', title: 'It rains', status: how } });
  });
  return { release: (how: 'continue' | number = 'continue') => end(how), asked: () => asked };
}

async function fillIn(page: Page, name: string): Promise<void> {
  await heading(page, 'Add a kitten');
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Breed').fill('siam');
  await page.getByLabel('Date of birth').fill('2026-06-01');
}

const question = (page: Page) => page.getByRole('dialog', { name: 'Leave this page?' });
async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Account: / }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
}

const addLink = (page: Page) => page.getByRole('link', { name: /^Add / }).first();
const draftsOf = (page: Page) =>
  page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('app.draft.')));

/** Adds a kitten and leaves while it is being saved. */
async function leaveWhileAdding(page: Page, name: string): Promise<void> {
  await fillIn(page, name);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('button', { name: 'Saving …' }).waitFor();
  await page.getByRole('link', { name: 'Cancel' }).click();
  await question(page).getByText('Saving is not finished.').waitFor();
  await question(page).getByRole('button', { name: 'Leave' }).click();
  await heading(page, 'Kittens');
}

describe('a form that is left while it is saved', () => {
  test('is the same form when it is opened again, and ends at the kitten', async () => {
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      const { release, asked } = await hold(page, '/kittens', 'POST');
      await leaveWhileAdding(page, 'Slow');
      await addLink(page).click();
      await heading(page, 'Add a kitten');
      await page.getByRole('button', { name: 'Saving …' }).waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('Slow');
      expect(await page.getByLabel('Name').isEditable()).toBe(false);
      expect(await page.getByText('What you had typed before').count()).toBe(0);
      release();
      await heading(page, 'Slow');
      await page.getByText('Slow was added.').waitFor();
      expect(asked()).toBe(1);
      expect(await draftsOf(page)).toEqual([]);
    });
  });

  test('is saved without a page changing under the hands of the user', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Elsewhere', description: 'Before.' });
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      const { release } = await hold(page, '/kittens', 'POST');
      await leaveWhileAdding(page, 'Slower');
      await page.getByRole('link', { name: 'Elsewhere' }).first().click();
      await page.getByRole('link', { name: 'Edit' }).click();
      await heading(page, 'Edit Elsewhere');
      await page.getByLabel('Description').fill('Typed meanwhile.');
      release();
      await page.getByText('Slower was added.').waitFor();
      await heading(page, 'Edit Elsewhere');
      expect(await page.getByLabel('Description').inputValue()).toBe('Typed meanwhile.');
      expect(await draftsOf(page)).toEqual([expect.stringMatching(`${kittenId}$`)]);
      await page.getByRole('link', { name: 'Cancel' }).click();
      await question(page).getByText('Your changes are not saved.').waitFor();
    });
  });

  test('says so where the user is by then if it was not saved, and has what was typed', async () => {
    await visit(async ({ page, allow }) => {
      allow(/status of 503/);
      await signIn(page, dedicated, 'editor', '/kittens/new');
      const { release } = await hold(page, '/kittens', 'POST');
      await leaveWhileAdding(page, 'Unlucky');
      release(503);
      await page.getByText('Unlucky was not saved. It rains.').waitFor();
      await addLink(page).click();
      await page.getByText('What you had typed before is here again').waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('Unlucky');
    });
  });

  test('is asked about before the page is loaded anew', async () => {
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      await hold(page, '/kittens', 'POST');
      await fillIn(page, 'Reloaded');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('button', { name: 'Saving …' }).waitFor();
      const asked = page.waitForEvent('dialog');
      const reloaded = page.reload();
      expect((await asked).type()).toBe('beforeunload');
      await reloaded;
    });
  });
});

test('a question about deleting stays until that has ended', async () => {
  const { kittenId } = await createKitten(dedicated, { name: 'Persistent' });
  await visit(async ({ page, allow }) => {
    allow(/status of 503/);
    await signIn(page, dedicated, 'editor', `/kittens/${kittenId}`);
    await heading(page, 'Persistent');
    const { release } = await hold(page, `/kittens/${kittenId}`, 'DELETE');
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Persistent?' });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByRole('button', { name: 'Deleting …' }).waitFor();
    for (let n = 0; n < 3; n++) await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Cancel' }).click({ force: true });
    expect(await dialog.isVisible()).toBe(true);
    release(503);
    await dialog.getByText('It was not deleted').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect((await readKitten(dedicated, kittenId)).name).toBe('Persistent');
  });
});

describe('signing out', () => {
  const asked = (page: Page) => page.getByRole('dialog', { name: 'Sign out?' });

  test('is asked about with changes that it would take away, on their page and on others', async () => {
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      await fillIn(page, 'Unsaved');
      await signOut(page);
      await asked(page).getByText('Your changes are not saved. Signing out removes them.').waitFor();
      await asked(page).getByRole('button', { name: 'Stay' }).click();
      const menu = page.getByRole('button', { name: /Account: / });
      expect(await menu.evaluate((b) => b === document.activeElement)).toBe(true);
      expect(await page.getByLabel('Name').inputValue()).toBe('Unsaved');
      await page.getByRole('link', { name: 'Cancel' }).click();
      await question(page).getByRole('button', { name: 'Leave' }).click();
      await heading(page, 'Kittens');
      await signOut(page);
      await asked(page).getByText('You have changes that are not saved.').waitFor();
      await asked(page).getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();
      expect(await draftsOf(page)).toEqual([]);
    });
  });

  test('in another tab keeps what was typed in this one', async () => {
    await visit(async ({ page, context }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      await fillIn(page, 'Kept');
      const other = await context.newPage();
      await other.goto(dedicated.url);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await heading(other, 'Kittens');
      await signOut(other);
      await heading(page, 'Sign in');
      await page.getByText('What you typed in this one and did not save is kept for you').waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await enter(page, 'editor@acme', 'editor');
      await page.getByText('What you had typed before is here again').waitFor();
      expect(await page.getByLabel('Name').inputValue()).toBe('Kept');
    });
  });
});
