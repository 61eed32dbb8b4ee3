import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { changeKitten, createKitten, deleteAll, deleteKitten, readKitten, searchable } from './support/api.ts';
import { at, heading, signIn, tokenOf, useBrowser, visit } from './support/browser.ts';
import { dedicated, http, shared, type Tenant } from './support/cloud.ts';
import { draw, looks } from './support/pictures.ts';

useBrowser();

const search = (page: Page) => page.getByRole('textbox', { name: 'Search names, breeds and descriptions' });
const rows = (page: Page) => page.locator('a[data-kitten]');

async function fill(page: Page, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values))
    await page.getByLabel(label, { exact: false }).first().fill(value);
}

/** Adds a kitten by the form, and returns its id. */
async function add(page: Page, description: string): Promise<string> {
  await page.getByRole('link', { name: /^Add / }).first().click();
  await heading(page, 'Add a kitten');
  await fill(page, {
    Name: 'Minka',
    Breed: 'Norwegian Forest Cat',
    'Date of birth': '2026-06-01',
    Description: description,
  });
  await page.getByText('Stored as norwegian-forest-cat').waitFor();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await heading(page, 'Minka');
  await page.getByText('Minka was added.').waitFor();
  await page.getByText('Norwegian Forest Cat').waitFor();
  return page.url().split('/').at(-1) ?? '';
}

/** Searches until the word is found, and returns when that was. */
async function find(page: Page, word: string): Promise<number> {
  await page.getByRole('link', { name: 'Kittens', exact: true }).first().click();
  await expect
    .poll(
      async () => {
        const answered = page.waitForResponse((r) => r.url().includes(`q=${word}`));
        await search(page).fill(word);
        await search(page).press('Enter');
        await answered;
        await page.locator('mark').or(page.getByText('Nothing found')).first().waitFor();
        return page.locator('mark').count();
      },
      { timeout: 10_000, interval: 50 },
    )
    .toBe(1);
  return Date.now();
}

/** Chooses and sends a photo, and waits until it is shown. */
async function sendPhoto(page: Page): Promise<void> {
  const buffer = await draw(page, looks[0] ?? fail(), 'image/jpeg');
  await page.locator('input[type=file]').setInputFiles({ name: 'minka.jpg', mimeType: 'image/jpeg', buffer });
  await page.getByRole('img', { name: 'Preview of minka.jpg' }).waitFor();
  await page.getByRole('button', { name: 'Upload' }).click();
  await shown(page, 'Minka');
}

/** Edits what another client changes meanwhile, and takes the name of the other and the description of this page. */
async function editInConflict(page: Page, tenant: Tenant, id: string, description: string): Promise<void> {
  await page.getByRole('link', { name: 'Edit' }).click();
  await heading(page, 'Edit Minka');
  await changeKitten(tenant, id, { name: 'Minka the Second', breed: 'siam' });
  await fill(page, { Name: 'Minka the First', Description: description });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Somebody else changed this kitten' }).waitFor();
  expect(await page.locator('fieldset.choices legend').allTextContents()).toEqual([
    'Name – changed by both of you',
    'Breed – changed by somebody else',
    'Description – changed by you',
  ]);
  await page.getByRole('group', { name: /^Name/ }).getByLabel('Theirs').check();
  await page.getByRole('button', { name: 'Save what is chosen' }).click();
  await heading(page, 'Minka the Second');
}

async function remove(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Minka the Second?' });
  await dialog.getByText('The kitten and its photo are').waitFor();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await heading(page, 'Kittens');
  await page.getByText('Minka the Second was deleted.').waitFor();
}

describe.each([shared, dedicated])('the life of a kitten at $id', (tenant) => {
  test('from adding it to deleting it', async () => {
    await searchable(tenant);
    // A word that no other kitten has, so that it is found alone.
    const word = `hovercraft${Date.now().toString(36)}`;
    await visit(async ({ page, allow }) => {
      allow(/status of (412|404)/);
      await signIn(page, tenant, 'editor');
      await heading(page, 'Kittens');

      const id = await add(page, `Sleeps in a ${word}.`);
      const added = Date.now();
      expect((await find(page, word)) - added).toBeLessThan(2000);
      expect(await page.locator('mark').textContent()).toBe(word);
      expect(new URL(page.url()).searchParams.get('q')).toBe(word);
      expect(await rows(page).count()).toBe(1);

      await rows(page).first().click();
      await heading(page, 'Minka');
      await sendPhoto(page);
      expect((await readKitten(tenant, id)).photo).toMatchObject({ status: 'stored', width: 1280, height: 960 });

      // The thumbnail is in the list, which the history leads back to as it was
      await page.goBack();
      await heading(page, 'Kittens');
      expect(new URL(page.url()).searchParams.get('q')).toBe(word);
      const widths = () =>
        rows(page)
          .locator('img')
          .evaluateAll((all) => all.map((i) => (i as HTMLImageElement).naturalWidth > 0));
      await expect.poll(widths).toEqual([true]);

      await rows(page).first().click();
      await page.getByRole('link', { name: 'Edit' }).click();
      await heading(page, 'Edit Minka');
      await fill(page, { Description: `Sleeps in a large ${word}.` });
      await page.getByRole('button', { name: 'Save' }).click();
      await heading(page, 'Minka');
      await page.getByText(`Sleeps in a large ${word}.`).waitFor();

      await editInConflict(page, tenant, id, `Mine, in a ${word}.`);
      expect(await readKitten(tenant, id)).toMatchObject({
        name: 'Minka the Second',
        breed: 'siam',
        description: `Mine, in a ${word}.`,
        photo: { status: 'stored' },
      });

      await remove(page);
      expect(await page.locator(`[data-kitten="${id}"]`).count()).toBe(0);
      await page.goto(at(tenant, `/kittens/${id}`));
      await heading(page, 'Not found');
    });
  }, 120_000);
});

function fail(): never {
  throw new Error('there is no picture');
}

/** Waits until a photo of the kitten is shown, and not only its place. */
async function shown(page: Page, name: string): Promise<void> {
  const photo = page.getByRole('img', { name, exact: true });
  await photo.waitFor({ timeout: 30_000 });
  await expect.poll(() => photo.evaluate((i) => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
}

describe('a reader', () => {
  test('has no way to change anything, and neither have the addresses nor the token', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Untouchable' });
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'reader', `/kittens/${kittenId}`);
      await heading(page, 'Untouchable');
      for (const name of ['Edit', 'Delete', 'Add a photo', 'Tasks'])
        expect(await page.getByText(name, { exact: true }).count(), name).toBe(0);
      expect(await page.locator('input[type=file]').count()).toBe(0);
      for (const [path, scope] of [
        ['/kittens/new', 'kittens:write'],
        [`/kittens/${kittenId}/edit`, 'kittens:write'],
        ['/admin/tasks', 'admin:tasks'],
      ] as const) {
        await page.goto(at(dedicated, path));
        await heading(page, 'Not allowed');
        await page.getByText(`Reader of Acme lacks the permission ${scope}.`).waitFor();
      }
      await page.goto(at(dedicated, '/kittens'));
      await heading(page, 'Kittens');
      const headers = {
        Authorization: `Bearer ${await tokenOf(page)}`,
        'Content-Type': 'application/json',
        'If-Match': '"1"',
      };
      const kitten = { name: 'Taken', breed: 'siam', birthDate: '2026-01-01' };
      const photo = { contentType: 'image/png', size: 8, sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' };
      for (const [method, path, body] of [
        ['POST', '/kittens', kitten],
        ['PUT', `/kittens/${kittenId}`, kitten],
        ['DELETE', `/kittens/${kittenId}`, undefined],
        ['POST', `/kittens/${kittenId}/photo`, photo],
        ['GET', '/admin/tasks', undefined],
      ] as const) {
        const answer = await http(dedicated.api + path, {
          method,
          headers,
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
        expect(answer.status, `${method} ${path}`).toBe(403);
      }
    });
  });

  test('is told what the API refuses, whatever the page believed', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Withdrawn' });
    await visit(async ({ page, allow }) => {
      allow(/status of 403/);
      await signIn(page, dedicated, 'editor', `/kittens/${kittenId}/edit`);
      await heading(page, 'Edit Withdrawn');
      await page.route(`**/api/kittens/${kittenId}`, (route) =>
        route.fulfill({ status: 403, json: { type: 'about:blank', title: 'Forbidden', status: 403 } }),
      );
      await fill(page, { Description: 'x' });
      await page.getByRole('button', { name: 'Save' }).click();
      await heading(page, 'Not allowed');
      await page.getByText('Permissions may have changed').waitFor();
    });
  });
});

describe('the list', () => {
  test('is paged without losing focus and place', async () => {
    await deleteAll(shared);
    for (let n = 0; n < 60; n++) await createKitten(shared, { name: `Kitten ${n}` });
    await visit(async ({ page }) => {
      await signIn(page, shared, 'reader');
      const more = page.getByRole('button', { name: 'Load more' });
      await more.waitFor();
      expect(await rows(page).count()).toBe(25);
      await more.focus();
      const place = await page.evaluate(() => scrollY);
      expect(place).toBeGreaterThan(0);
      await page.keyboard.press('Enter');
      await expect.poll(() => rows(page).count()).toBe(50);
      expect(await page.evaluate(() => scrollY)).toBe(place);
      expect(await more.evaluate((b) => b === document.activeElement)).toBe(true);
      await page.keyboard.press('Enter');
      await expect.poll(() => rows(page).count()).toBe(60);
      expect(await more.count()).toBe(0);
      expect(
        await rows(page)
          .nth(50)
          .evaluate((r) => r === document.activeElement),
      ).toBe(true);
      const names = await page.locator('.row-name').allTextContents();
      expect(new Set(names).size).toBe(60);
      await page.getByRole('status').filter({ hasText: '60 kittens' }).waitFor({ state: 'attached' });

      // Going back continues at the same kitten
      const third = rows(page).nth(52);
      const name = await third.locator('.row-name').textContent();
      await third.click();
      await heading(page, name ?? '');
      expect(await page.evaluate(() => [scrollY, document.activeElement?.tagName])).toEqual([0, 'H1']);
      await page.goBack();
      await heading(page, 'Kittens');
      await expect.poll(() => third.evaluate((r) => r === document.activeElement)).toBe(true);
      await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(place);
    });
  });

  test('is searched and walked through by the keyboard', async () => {
    await deleteAll(shared);
    for (const name of ['Alpha', 'Beta', 'Gamma'])
      await createKitten(shared, { name, description: 'Plays with keyboards.' });
    await visit(async ({ page }) => {
      await signIn(page, shared, 'reader');
      await heading(page, 'Kittens');
      await page.keyboard.press('Control+k');
      expect(await search(page).evaluate((i) => i === document.activeElement)).toBe(true);
      // Typing is enough; what is not indexed yet is asked for once more.
      const typed = page.waitForResponse((r) => r.url().includes('q=keyboards'));
      await page.keyboard.type('keyboards');
      await typed;
      const found = async () => {
        const answered = page.waitForResponse((r) => r.url().includes('q=keyboards'));
        await page.keyboard.press('Enter');
        await answered;
        return page.locator('mark').count();
      };
      await expect.poll(found, { timeout: 10_000 }).toBe(3);
      await page.keyboard.press('ArrowDown');
      const names: string[] = [];
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp', 'Home', 'End']) {
        names.push(await page.evaluate(() => document.activeElement?.querySelector('.row-name')?.textContent ?? ''));
        await page.keyboard.press(key);
      }
      const order = await page.locator('.row-name').allTextContents();
      expect(names).toEqual([order[0], order[1], order[2], order[2], order[1], order[0]]);
      await page.keyboard.press('Enter');
      await heading(page, order[2] ?? '');
      await page.goBack();
      await heading(page, 'Kittens');
      expect(await search(page).inputValue()).toBe('keyboards');
      await page.keyboard.press('Control+k');
      await page.keyboard.press('Escape');
      await expect.poll(() => new URL(page.url()).search).toBe('');
      expect(await search(page).inputValue()).toBe('');
    });
  });

  test('shows the answer to what was typed last, in whichever order answers come', async () => {
    await visit(async ({ page }) => {
      await signIn(page, shared, 'reader');
      await heading(page, 'Kittens');
      const answered: string[] = [];
      await page.route('**/api/kittens?*', async (route) => {
        const q = new URL(route.request().url()).searchParams.get('q') ?? '';
        const item = {
          kittenId: '00000000-0000-4000-8000-000000000000',
          name: `About ${q}`,
          breed: 'siam',
          birthDate: '2026-01-01',
          version: 1,
          createdAt: '2026-01-01T00:00:00Z',
          updatedAt: '2026-01-01T00:00:00Z',
        };
        const answer = { items: [item], search: { available: true } };
        if (q === 'slow') await expect.poll(() => answered).toContain('quick');
        await route.fulfill({ json: answer }).catch(() => {}); // it was given up
        answered.push(q);
      });
      await search(page).fill('slow');
      await page.waitForRequest((r) => r.url().includes('q=slow'));
      await search(page).fill('quick');
      await page.getByText('About quick').waitFor();
      await expect.poll(() => answered).toEqual(['quick', 'slow']);
      expect(await page.getByText('About slow').count()).toBe(0);
      expect(await rows(page).count()).toBe(1);
    });
  });

  test('says when search does not work, and shows everything', async () => {
    await visit(async ({ page }) => {
      await signIn(page, shared, 'reader');
      await heading(page, 'Kittens');
      await page.route('**/api/kittens?*', async (route) => {
        const url = new URL(route.request().url());
        url.searchParams.delete('q');
        const { body } = await http(url.href, { headers: await route.request().allHeaders() });
        const list = JSON.parse(body.toString());
        await route.fulfill({ json: { ...list, search: { available: false, message: 'Search is taking a nap.' } } });
      });
      await search(page).fill('nothing like that');
      await page.getByText('Search is taking a nap.').waitFor();
      expect(await rows(page).count()).toBe(3);
    });
  });

  test('says what is missing when it is empty', async () => {
    await deleteAll(dedicated);
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor');
      await page.getByRole('heading', { name: 'No kittens yet' }).waitFor();
      await page.getByRole('link', { name: 'Add the first kitten' }).waitFor();
      await search(page).fill('unicorn');
      await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
      await page.getByText('“unicorn”').waitFor();
    });
  });
});

describe('the form', () => {
  test('finds all faults at once, leads to them, and keeps what was typed', async () => {
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', '/kittens/new');
      await heading(page, 'Add a kitten');
      await fill(page, { Name: 'x'.repeat(81), Breed: '!!!', Description: 'y'.repeat(4001) });
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      const summary = page.getByRole('region', { name: 'What has to be corrected' });
      await summary.waitFor();
      expect(await summary.evaluate((s) => s === document.activeElement)).toBe(true);
      expect(await summary.getByRole('listitem').allTextContents()).toEqual([
        'Name has 81 characters; at most 80 are possible.',
        'Enter a breed.',
        'Choose the date of birth.',
        'Description has 4,001 characters; at most 4,000 are possible.',
      ]);
      await summary.getByRole('link').first().click();
      const name = page.getByLabel('Name');
      expect(await name.evaluate((i) => i === document.activeElement)).toBe(true);
      expect(await name.getAttribute('aria-invalid')).toBe('true');
      await name.fill('Fine');
      expect(await summary.getByRole('listitem').count()).toBe(3);
      expect(await name.getAttribute('aria-invalid')).toBe('false');
    });
  });

  test('shows the faults that the API finds at their fields', async () => {
    await visit(async ({ page, allow }) => {
      allow(/status of 400/);
      await signIn(page, dedicated, 'editor', '/kittens/new');
      await fill(page, { Name: 'Minka', Breed: 'siam', 'Date of birth': '2026-01-01' });
      await page.route('**/api/kittens', (route) =>
        route.fulfill({
          status: 400,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            type: 'about:blank',
            title: 'Bad Request',
            status: 400,
            errors: [{ pointer: '/name', detail: 'is taken' }],
          }),
        }),
      );
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('link', { name: 'Name is taken.' }).waitFor();
      expect(await page.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    });
  });

  test('warns before unsaved changes are left, and keeps them as a draft over a reload', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Drafted', description: 'Before.' });
    await visit(async ({ page }) => {
      await signIn(page, dedicated, 'editor', `/kittens/${kittenId}`);
      await heading(page, 'Drafted');
      await page.getByRole('link', { name: 'Edit' }).click();
      await heading(page, 'Edit Drafted');
      await fill(page, { Description: 'Half of a thou' });
      const dialog = page.getByRole('dialog', { name: 'Leave this page?' });
      await page.getByRole('link', { name: 'Cancel' }).click();
      await dialog.getByRole('button', { name: 'Stay' }).click();
      await page.goBack();
      await dialog.waitFor();
      await page.keyboard.press('Escape');
      await heading(page, 'Edit Drafted');
      const asked = page.waitForEvent('dialog');
      const reloaded = page.reload();
      expect((await asked).type()).toBe('beforeunload');
      await reloaded;
      await heading(page, 'Edit Drafted');
      await page.getByText('What you had typed before is here again').waitFor();
      expect(await page.getByLabel('Description').inputValue()).toBe('Half of a thou');
      await page.getByRole('button', { name: 'Discard it' }).click();
      expect(await page.getByLabel('Description').inputValue()).toBe('Before.');
      await page.getByRole('link', { name: 'Cancel' }).click();
      await heading(page, 'Drafted');
      expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual(['app.signedIn']);
    });
  });

  test('offers to add a kitten again that was deleted in the meantime', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Nine Lives' });
    await visit(async ({ page, allow }) => {
      allow(/status of 404/);
      await signIn(page, dedicated, 'editor', `/kittens/${kittenId}/edit`);
      await heading(page, 'Edit Nine Lives');
      await deleteKitten(dedicated, kittenId);
      await fill(page, { Description: 'Has one more.' });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('This kitten was deleted in the meantime').waitFor();
      await page.getByRole('button', { name: 'Add it again' }).click();
      await heading(page, 'Nine Lives');
      await page.getByText('Has one more.').waitFor();
      expect(page.url()).not.toContain(kittenId);
    });
  });

  test('does not delete what somebody else changed unseen', async () => {
    const { kittenId } = await createKitten(dedicated, { name: 'Changing' });
    await visit(async ({ page, allow }) => {
      allow(/status of 412/);
      await signIn(page, dedicated, 'editor', `/kittens/${kittenId}`);
      await heading(page, 'Changing');
      await changeKitten(dedicated, kittenId, { description: 'Do not delete.' });
      await page.getByRole('button', { name: 'Delete' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByText('Somebody else changed Changing just now').waitFor();
      await page.getByText('Do not delete.').waitFor();
      expect((await readKitten(dedicated, kittenId)).version).toBe(2);
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('Changing was deleted.').waitFor();
    });
  });
});
