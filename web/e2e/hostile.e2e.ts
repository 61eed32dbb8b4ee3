import { expect, test } from 'vitest';
import { createKitten, deleteAll } from './support/api.ts';
import { at, heading, signIn, useBrowser, visit } from './support/browser.ts';
import { http, shared } from './support/cloud.ts';

useBrowser();

test('markup in names and descriptions is text everywhere', async () => {
  await deleteAll(shared);
  const word = `basilisk${Date.now().toString(36)}`;
  const name = `<img src=x onerror=alert(1)>${word}`;
  const description = `<script>alert(document.domain)</script> ${word} <svg onload=alert(2)> "><iframe srcdoc="<script>alert(3)</script>"> {{7*7}} \${7*7} &lt;b&gt;`;
  const { kittenId } = await createKitten(shared, { name, description });
  await visit(async ({ page }) => {
    await signIn(page, shared, 'editor');
    await heading(page, 'Kittens');
    await page.getByText(description).waitFor();
    expect(await page.locator('.row-name').textContent()).toBe(name);

    // In highlights
    await expect
      .poll(
        async () => {
          const answered = page.waitForResponse((r) => r.url().includes(`q=${word}`));
          await page.getByRole('textbox').fill(word);
          await page.getByRole('textbox').press('Enter');
          await answered;
          return page.locator('mark').count();
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    expect(await page.locator('.row-text').textContent()).toContain('<script>alert(document.domain)</script>');

    await page.locator('a[data-kitten]').click();
    await heading(page, name);
    expect(await page.title()).toContain(name);
    expect(await page.locator('.prose').textContent()).toBe(description);
    await page.getByRole('link', { name: 'Edit' }).click();
    expect(await page.getByLabel('Description').inputValue()).toBe(description);
    await page.goBack();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: `Delete ${name}?` }).waitFor();

    // Nothing of it became a part of the page: the visit fails on dialogs, errors and violations of the policy besides.
    for (const made of ['img[src="x"]', 'main script', 'iframe', 'svg[onload]'])
      expect(await page.locator(made).count(), made).toBe(0);
  });
  expect(kittenId).toBeTruthy();
});

test('query syntax is just text', async () => {
  await visit(async ({ page }) => {
    await signIn(page, shared, 'reader');
    await heading(page, 'Kittens');
    const queries = [
      '"',
      '*',
      'a AND (',
      'name:*',
      '_index:12345',
      '{"match_all":{}}',
      '\\',
      '<em>',
      '\u202e',
      '%00',
      '100%',
      'q&limit=1',
      '../../admin',
    ];
    for (const q of queries) {
      await page.goto(at(shared, `/kittens?${new URLSearchParams({ q })}`));
      await heading(page, 'Kittens');
      expect(await page.getByRole('textbox').inputValue()).toBe(q);
      await page.getByText('Nothing found').or(page.locator('a[data-kitten]').first()).first().waitFor();
      expect(await page.getByRole('alert').filter({ hasText: /\S/ }).count(), q).toBe(0);
    }
  });
});

test('10 KB of text are no search, and say so', async () => {
  await visit(async ({ page }) => {
    await signIn(page, shared, 'reader');
    await page.locator('a[data-kitten]').first().waitFor();
    const asked: string[] = [];
    page.on('request', (r) => {
      if (r.url().includes('/api/')) asked.push(r.url());
    });
    const text = 'kitten '.repeat(1463).slice(0, 10_240);
    await page.getByRole('textbox').fill(text);
    await page.getByText('A search has at most 200 characters; these are 10,240. Shorten it to search.').waitFor();
    expect(await page.getByRole('textbox').getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('textbox').press('Enter');
    expect(page.url()).toBe(at(shared, '/kittens'));
    await page.getByRole('textbox').fill('kitten');
    await page.getByText('A search has at most').waitFor({ state: 'detached' });
    await expect.poll(() => asked.length).toBe(1);
    expect(asked[0]).toContain('q=kitten');
    await page.goto(at(shared, `/kittens?q=${'x'.repeat(1000)}`));
    await page.getByText('these are 1,000').waitFor();
  });
});

test('addresses that are none lead nowhere and ask nothing', async () => {
  await visit(async ({ page }) => {
    await signIn(page, shared, 'admin');
    await page.locator('a[data-kitten]').first().waitFor();
    for (const path of [
      '/kittens/1',
      '/kittens/%3Cscript%3E',
      '/nowhere',
      '/admin',
      '/kittens/new/edit/x',
      '/KITTENS/0',
    ]) {
      const asked: string[] = [];
      const listen = (r: { url(): string }) => {
        if (r.url().includes('/api/')) asked.push(r.url());
      };
      page.on('request', listen);
      await page.goto(at(shared, path));
      await heading(page, 'Not found');
      expect(asked, path).toEqual([]);
      page.off('request', listen);
    }
  });
});

test('the policy lets nothing inline run, and the page needs nothing of the kind', async () => {
  const { headers, body } = await http(shared.url);
  const policy = headers['content-security-policy'] ?? '';
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "base-uri 'none'",
  ])
    expect(policy).toContain(part);
  expect(policy).not.toMatch(/unsafe|data:/);
  expect(body.toString()).not.toMatch(/<script(?![^>]*src)|style=|<style|\son\w+=/);
  await visit(async ({ page, allow }) => {
    allow(/Content Security Policy/);
    await page.goto(shared.url);
    await heading(page, 'Sign in');
    const ran = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      return 'ran' in globalThis;
    });
    expect(ran).toBe(false);
  });
});
