import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { components } from '../src/api/schema.gen.ts';
import { createKitten, readKitten } from './support/api.ts';
import { heading, passed, signIn, useBrowser, type Visit, visit } from './support/browser.ts';
import { dedicated, http, shared } from './support/cloud.ts';
import { sendPhoto } from './support/data.ts';
import { draw, looks } from './support/pictures.ts';

useBrowser();

type Kitten = components['schemas']['Kitten'];

const folder = mkdtempSync(join(tmpdir(), 'photos-'));
afterAll(() => rmSync(folder, { recursive: true }));

let jpeg: Buffer;
let png: Buffer;
let webp: Buffer;

beforeAll(async () => {
  await visit(async ({ page }) => {
    const [first, second, third] = looks;
    if (!first || !second || !third) throw new Error('there are not enough pictures');
    jpeg = await draw(page, first, 'image/jpeg');
    png = await draw(page, second, 'image/png', 640, 640);
    webp = await draw(page, third, 'image/webp', 900, 600);
  });
});

/** Opens a new kitten as somebody who may send photos. */
async function open(page: Page, name: string, tenant = shared): Promise<string> {
  const { kittenId } = await createKitten(tenant, { name });
  await signIn(page, tenant, 'editor', `/kittens/${kittenId}`);
  await heading(page, name);
  return kittenId;
}

async function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  // A file of the disk has no limit of size, as one that is handed over has.
  writeFileSync(join(folder, name), buffer);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /a photo|the photo|another photo/ }).click();
  await (await chooser).setFiles(join(folder, name));
}

/** Waits until the photo is shown, and returns what the browser was sent of it. */
async function shown(page: Page, name: string): Promise<{ src: string; size: [number, number] }> {
  const photo = page.getByRole('img', { name, exact: true });
  await photo.waitFor({ timeout: 30_000 });
  await expect.poll(() => photo.evaluate((i) => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  return photo.evaluate((i) => {
    const { src, naturalWidth, naturalHeight } = i as HTMLImageElement;
    return { src, size: [naturalWidth, naturalHeight] };
  });
}

const problem = (page: Page, text: string | RegExp) => page.getByRole('alert').filter({ hasText: text }).waitFor();

test.each([
  ['a JPEG', 'minka.jpg', () => jpeg, [1280, 960]],
  ['a PNG', 'minka.png', () => png, [640, 640]],
  ['a WebP', 'minka.webp', () => webp, [900, 600]],
])('%s is sent, checked and shown, from the tenant’s own site', async (_, file, data, size) => {
  await visit(async ({ page }) => {
    const id = await open(page, 'Posing', dedicated);
    await choose(page, file, data());
    await page.getByRole('img', { name: `Preview of ${file}` }).waitFor();
    await page.getByRole('button', { name: 'Upload' }).click();
    const photo = await shown(page, 'Posing');
    expect(photo.size).toEqual(size);
    expect(new URL(photo.src).host).toBe(new URL(dedicated.url).host);
    const answer = await http(photo.src);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    const stored = (await readKitten(dedicated, id)).photo;
    expect(stored).toMatchObject({ status: 'stored', width: size[0], height: size[1], size: answer.body.length });
    expect(answer.headers['content-type']).toBe(stored?.contentType);
  });
});

test('a photo that is dropped replaces the one before, which stays until then', async () => {
  await visit(async ({ page }) => {
    const id = await open(page, 'Replaced');
    await choose(page, 'first.jpg', jpeg);
    await page.getByRole('button', { name: 'Upload' }).click();
    const first = await shown(page, 'Replaced');
    const data = await page.evaluateHandle((base64) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'second.png', { type: 'image/png' }));
      return transfer;
    }, png.toString('base64'));
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data });
    await page.getByText('second.png').waitFor();
    expect((await shown(page, 'Replaced')).src).toBe(first.src);
    await page.getByRole('button', { name: 'Upload' }).click();
    await expect.poll(async () => (await shown(page, 'Replaced')).size, { timeout: 30_000 }).toEqual([640, 640]);
    expect((await readKitten(shared, id)).replacement).toBeUndefined();
  });
});

test('a thumbnail is fetched once, however often the list is', async () => {
  const word = `sphinx${Date.now().toString(36)}`;
  const { kittenId } = await createKitten(shared, { name: `Riddle ${word}` });
  await sendPhoto(shared, kittenId, jpeg);
  await visit(async ({ page }) => {
    const fetched: string[] = [];
    page.on('request', (r) => {
      if (new URL(r.url()).pathname.startsWith('/uploads/') && r.url().includes(kittenId)) fetched.push(r.url());
    });
    await signIn(page, shared, 'reader', '/kittens');
    await heading(page, 'Kittens');
    const image = page.locator(`[data-kitten="${kittenId}"] img`);
    const offered = new Set<string>();
    page.on('response', async (r) => {
      if (!r.url().includes('/api/kittens?')) return;
      // The browser drops the body of an answer that the page no longer waits for; a later answer counts then.
      const list = await (r.json() as Promise<components['schemas']['KittenList']>).catch(() => undefined);
      for (const k of list?.items ?? []) if (k.kittenId === kittenId && k.thumbnailUrl) offered.add(k.thumbnailUrl);
    });
    for (const q of ['ri', 'riddle', `riddle ${word}`, word]) {
      const answered = page.waitForResponse((r) => r.url().includes('/api/kittens?'));
      await page.getByRole('textbox').fill(q);
      await page.getByRole('textbox').press('Enter');
      await answered;
    }
    await page.getByRole('textbox').fill('');
    await image.waitFor();
    // Signatures have the second in them, so answers of two seconds offer two addresses.
    await expect
      .poll(async () => {
        await page.getByRole('textbox').press('Enter');
        return offered.size;
      })
      .toBeGreaterThan(1);
    expect(fetched).toHaveLength(1);
    expect(await image.evaluate((i) => (i as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  });
});

test('thumbnails whose addresses have expired are shown with new ones', async () => {
  const { kittenId } = await createKitten(shared, { name: 'Late riser' });
  await sendPhoto(shared, kittenId, jpeg);
  await visit(async ({ page, allow }) => {
    allow(/status of 403/);
    let answers = 0;
    await page.route('**/api/kittens?*', async (route) => {
      const { status, json } = await passed(route);
      const list = json<components['schemas']['KittenList']>();
      if (answers++ > 0) return route.fulfill({ status, json: list });
      const expired = (url: string) => url.replace(/X-Amz-Date=\d+T/, 'X-Amz-Date=20200101T');
      const items = list.items.map((k) => (k.thumbnailUrl ? { ...k, thumbnailUrl: expired(k.thumbnailUrl) } : k));
      return route.fulfill({ status, json: { ...list, items } });
    });
    await signIn(page, shared, 'reader', '/kittens');
    const image = page.locator(`[data-kitten="${kittenId}"] img`);
    await expect
      .poll(async () => ((await image.count()) ? image.evaluate((i) => (i as HTMLImageElement).naturalWidth) : 0))
      .toBeGreaterThan(0);
    expect(answers).toBe(2);
  });
});

test('the focus stays at the upload on its whole way', async () => {
  await visit(async ({ page, context }) => {
    await open(page, 'Tabbed');
    const area = page.getByRole('group', { name: 'New photo' });
    const focusInside = () => area.evaluate((a) => a.contains(document.activeElement));
    const session = await context.newCDPSession(page);
    const line = (uploadThroughput: number) =>
      session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      });
    await line(20 * 1024);
    await choose(page, 'minka.jpg', jpeg);
    await page.getByRole('button', { name: 'Upload' }).press('Enter');
    await area.getByText(/^Sending .* of /).waitFor();
    expect(await focusInside()).toBe(true);
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    await problem(page, 'Sending was cancelled');
    expect(await focusInside()).toBe(true);
    await line(-1);
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    await shown(page, 'Tabbed');
    await page.getByRole('button', { name: 'Replace the photo' }).waitFor();
    expect(await focusInside()).toBe(true);
  });
});

describe('a file that is no photo is refused before anything is sent', () => {
  const html = Buffer.from('<!doctype html><script>alert(document.domain)</script>');
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(document.domain)"><circle r="9"/></svg>',
  );
  test.each([
    [
      'an SVG renamed to .png',
      'drawing.png',
      () => svg,
      'is an SVG drawing, and not a photo. Choose a PNG, JPEG or WebP file.',
    ],
    ['an HTML page renamed to .png', 'page.png', () => html, 'is an HTML page, and not a photo.'],
    [
      'a file of 50 MB',
      'large.png',
      () => Buffer.concat([png.subarray(0, 64), Buffer.alloc(50 * 1024 * 1024 - 64)]),
      'has 50 MB. A photo has at most 10 MB.',
    ],
    ['an empty file', 'empty.png', () => Buffer.alloc(0), 'is empty.'],
    ['a picture that is cut off', 'cut.png', () => png.subarray(0, 60), 'is damaged'],
  ])('%s', async (_, name, data, message) => {
    await visit(async ({ page }) => {
      const sent: string[] = [];
      page.on('request', (r) => {
        if (r.method() !== 'GET') sent.push(`${r.method()} ${r.url()}`);
      });
      const id = await open(page, 'Careful');
      sent.length = 0;
      await choose(page, name, data());
      await problem(page, `“${name}” ${message}`);
      expect(sent).toEqual([]);
      expect((await readKitten(shared, id)).photo).toBeUndefined();
      await page.getByRole('button', { name: 'Choose a photo' }).waitFor();
    });
  });
});

test('what is appended to a picture does not come back', async () => {
  const html = '<script>alert(document.domain)</script>';
  const zip = Buffer.concat([Buffer.from('PK\x03\x04'), randomBytes(64), Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
  const polyglot = Buffer.concat([jpeg, Buffer.from(html), zip]);
  await visit(async ({ page }) => {
    const id = await open(page, 'Polyglot');
    await choose(page, 'polyglot.jpg', polyglot);
    await page.getByRole('button', { name: 'Upload' }).click();
    const photo = await shown(page, 'Polyglot');
    const { body, headers } = await http(photo.src);
    expect(headers['content-type']).toBe('image/jpeg');
    for (const trace of [html, 'script', 'PK\x03\x04', 'PK\x05\x06'])
      expect(body.includes(Buffer.from(trace, 'latin1')), trace).toBe(false);
    expect((await readKitten(shared, id)).photo?.size).toBe(body.length);
  });
});

test('a file that only begins as a picture is rejected by the service, and says why', async () => {
  await visit(async ({ page }) => {
    const id = await open(page, 'Pretender');
    // The browser of somebody who is up to something takes anything for a picture.
    await page.addInitScript(() => {
      globalThis.createImageBitmap = async () => ({ width: 1, height: 1, close: () => {} });
    });
    await page.reload();
    await heading(page, 'Pretender');
    await choose(
      page,
      'pretender.png',
      Buffer.concat([png.subarray(0, 8), Buffer.from('<script>alert(1)</script>'.repeat(20))]),
    );
    await page.getByRole('button', { name: 'Upload' }).click();
    await problem(page, 'The photo was not accepted');
    const { photo } = await readKitten(shared, id);
    expect(photo).toMatchObject({ status: 'rejected', reason: expect.any(String) });
    await page
      .getByRole('alert')
      .getByText(photo?.reason ?? 'none')
      .waitFor();
    await page.getByRole('button', { name: 'Choose another photo' }).waitFor();
  });
});

describe('on the way', () => {
  /** Plays storage, whose answers the test decides. */
  async function storage({ page }: Visit, answer: () => { status: number; body?: string } | undefined): Promise<void> {
    await page.route(/X-Amz-Signature=/, async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      const given = answer();
      if (given === undefined) return route.abort('connectionreset');
      return route.fulfill({ ...given, headers: { 'Access-Control-Allow-Origin': '*' } });
    });
  }

  test('progress is shown, and sending can be cancelled and done again', async () => {
    await visit(async ({ page, context }) => {
      const id = await open(page, 'Patient');
      // A picture of some size over a line of 100 KB/s, so that there is something to see
      const large = await draw(page, looks[0] ?? expect.unreachable(), 'image/png', 2000, 1500);
      const session = await context.newCDPSession(page);
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 60 * 1024,
      });
      await choose(page, 'large.png', large);
      await page.getByRole('button', { name: 'Upload' }).click();
      const bar = page.getByRole('progressbar');
      await expect
        .poll(async () => Number((await bar.getAttribute('value')) ?? 0), { timeout: 20_000 })
        .toBeGreaterThan(0);
      expect(Number(await bar.getAttribute('value'))).toBeLessThan(large.length);
      expect(Number(await bar.getAttribute('max'))).toBe(large.length);
      await page.getByText(/^Sending .* of /).waitFor();
      await page.getByRole('link', { name: 'Kittens', exact: true }).click();
      const question = page.getByRole('dialog', { name: 'Leave this page?' });
      await question.getByText('The photo is still being sent.').waitFor();
      await question.getByRole('button', { name: 'Stay' }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await problem(page, 'Sending was cancelled');
      expect((await readKitten(shared, id)).photo).toMatchObject({ status: 'pending' });
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: -1,
      });
      await page.getByRole('button', { name: 'Try again' }).click();
      expect((await shown(page, 'Patient')).size).toEqual([2000, 1500]);
    });
  });

  test.each([
    ['the connection is lost', () => undefined, 'The connection was lost while the photo was sent.'],
    [
      'the permission expired',
      () => ({ status: 403, body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>' }),
      'The permission to send the photo had expired.',
    ],
    [
      'storage refuses',
      () => ({ status: 400, body: '<Error><Code>BadDigest</Code></Error>' }),
      'Storage refused the photo (BadDigest).',
    ],
  ])('when %s, it is said and tried again', async (_, answer, message) => {
    await visit(async (v) => {
      v.allow(/net::ERR_|status of 40/);
      await open(v.page, 'Stubborn');
      await storage(v, answer);
      await choose(v.page, 'minka.jpg', jpeg);
      await v.page.getByRole('button', { name: 'Upload' }).click();
      await problem(v.page, message);
      await v.page.unroute(/X-Amz-Signature=/);
      await v.page.getByRole('button', { name: 'Try again' }).click();
      await shown(v.page, 'Stubborn');
    });
  });

  test('a photo that storage has already is not sent in vain', async () => {
    await visit(async (v) => {
      v.allow(/status of 412/);
      await open(v.page, 'Twice');
      await v.page.route(/X-Amz-Signature=/, async (route) => {
        if (route.request().method() !== 'PUT') return route.continue();
        const request = { method: 'PUT', headers: await route.request().allHeaders(), body: jpeg };
        const first = await http(route.request().url(), request);
        expect(first.status).toBe(200);
        const again = await http(route.request().url(), request);
        expect(again.status).toBe(412);
        await route.fulfill({
          status: again.status,
          body: again.body,
          headers: { 'Access-Control-Allow-Origin': '*' },
        });
      });
      await choose(v.page, 'minka.jpg', jpeg);
      await v.page.getByRole('button', { name: 'Upload' }).click();
      await shown(v.page, 'Twice');
    });
  });

  test('a photo that is announced elsewhere is waited for, and one that never came is said', async () => {
    await visit(async ({ page }) => {
      const id = await open(page, 'Awaited');
      const photo = {
        photoId: '0c6f3b52-2f43-4f0e-9d0e-6b7f1d0a9e33',
        status: 'pending',
        contentType: 'image/png',
        size: 9,
        sha256: `${'x'.repeat(43)}=`,
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
      };
      await page.route(`**/api/kittens/${id}`, async (route) => {
        const kitten: Kitten = await readKitten(shared, id);
        await route.fulfill({ json: { ...kitten, photo } });
      });
      await page.reload();
      await page.getByText('A photo was announced and is being received or checked').waitFor();
      photo.expiresAt = new Date(Date.now() - 120_000).toISOString();
      await page.getByText('A photo was announced and never received.').waitFor();
      photo.status = 'rejected';
      Object.assign(photo, { reason: 'It is no picture.' });
      await page.reload();
      await page.getByText('A photo was not accepted: It is no picture.').waitFor();
    });
  });
});
