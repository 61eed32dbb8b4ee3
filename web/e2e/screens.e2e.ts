import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { changeKitten } from './support/api.ts';
import { heading, signIn, useBrowser, visit } from './support/browser.ts';
import { shared } from './support/cloud.ts';
import { fillTenant } from './support/data.ts';
import { screens } from './support/screens.ts';

useBrowser();

let ids: Map<string, string>;
beforeAll(async () => {
  ids = await fillTenant(shared);
}, 180_000);

/** Rules of axe that a page breaks, with the elements that break them. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as { axe: typeof axe };
    const result = await run.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    if (!result.passes.some((p) => p.id === 'color-contrast')) throw new Error('axe did not look at contrasts');
    return result.violations.flatMap((v) =>
      v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary ?? ''}`),
    );
  });
}

/** Controls that are smaller than a finger: links inside of a text are as large as their text (WCAG 2.2, 2.5.8). */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const small: string[] = [];
    const modal = document.querySelector('dialog[open]');
    for (const element of (modal ?? document).querySelectorAll<HTMLElement>(
      'a[href], button, input:not([type=file]), textarea, label.segment',
    )) {
      const control = element.matches('input[type=radio]') ? element.closest('label') : element;
      const box = control?.getBoundingClientRect();
      if (!box || box.width === 0 || element.closest('.skip, li > a:not([data-kitten]), p a')) continue;
      if (element.matches('.skip') || (element.matches('.panel li a') ?? false)) continue;
      if (Math.min(box.width, box.height) < 43.5)
        small.push(`${element.outerHTML.slice(0, 120)} ${box.width} × ${box.height}`);
    }
    return small;
  });
}

describe.each(screens)('$name', ({ open }) => {
  test('has no violation of axe in any theme and width, fits 320 px (WCAG 2.2, 1.4.10), and can be used with fingers', async () => {
    await visit(
      async (v) => {
        await v.page.emulateMedia({ reducedMotion: 'reduce' });
        await open(v, shared, ids);
        for (const colorScheme of ['light', 'dark'] as const) {
          await v.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          for (const width of [390, 1280]) {
            await v.page.setViewportSize({ width, height: 844 });
            expect(await violations(v.page), `${colorScheme}, ${width} px`).toEqual([]);
          }
        }
        await v.page.setViewportSize({ width: 320, height: 740 });
        expect(await v.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
        expect(await smallTargets(v.page)).toEqual([]);
      },
      { context: { hasTouch: true } },
    );
  });
});

describe('layout', () => {
  /** Sums the shifts of the document (Layout Instability, section 3), those after input included. */
  async function watchShifts(page: Page): Promise<void> {
    await page.addInitScript(() => {
      const shifts: string[] = [];
      Object.assign(globalThis, { shifts, shift: 0 });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & {
          value: number;
          sources?: { node?: Node }[];
        })[]) {
          Object.assign(globalThis, { shift: (globalThis as unknown as { shift: number }).shift + entry.value });
          for (const { node } of entry.sources ?? [])
            shifts.push(
              `${entry.value.toFixed(4)} ${node instanceof Element ? node.outerHTML.slice(0, 80) : node?.nodeName}`,
            );
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
  }
  const shiftOf = (page: Page) =>
    page.evaluate(() => {
      const { shift, shifts } = globalThis as unknown as { shift: number; shifts: string[] };
      return { shift, shifts };
    });

  test.each([
    ['the list', () => '/kittens', 390],
    ['the list', () => '/kittens', 1280],
    ['a kitten', () => `/kittens/${ids.get('Minka')}`, 390],
    ['a kitten', () => `/kittens/${ids.get('Minka')}`, 1280],
  ])('of %s does not move while it is loaded, cold and cached, at $2 px', async (_, path, width) => {
    await visit(
      async ({ page, context }) => {
        await watchShifts(page);
        // A slow line shows every step of loading.
        const session = await context.newCDPSession(page);
        await session.send('Network.emulateNetworkConditions', {
          offline: false,
          latency: 80,
          downloadThroughput: 300 * 1024,
          uploadThroughput: 300 * 1024,
        });
        await signIn(page, shared, 'editor', path());
        for (const state of ['cold', 'cached']) {
          if (state === 'cached') await page.reload();
          await page.locator('main img').first().waitFor();
          await page.waitForFunction(
            () =>
              document.images.length > 0 &&
              [...document.images]
                .filter((i) => i.getBoundingClientRect().top < innerHeight)
                .every((i) => i.complete && i.naturalWidth > 0),
          );
          const { shift, shifts } = await shiftOf(page);
          expect(shift, `${state}: ${shifts.join('\n')}`).toBeLessThan(0.02);
        }
        // What is measured is measured: something that moves the page is noticed.
        await page.evaluate(() =>
          document
            .querySelector('main')
            ?.prepend(Object.assign(document.createElement('p'), { textContent: 'x '.repeat(3000) })),
        );
        await expect.poll(async () => (await shiftOf(page)).shift).toBeGreaterThan(0.02);
      },
      { context: { viewport: { width, height: 844 } } },
    );
  });
});

describe('the keyboard', () => {
  test('reaches the content first, and everything after it in order', async () => {
    await visit(async ({ page }) => {
      await signIn(page, shared, 'admin');
      await page.locator('a[data-kitten]').first().waitFor();
      const focused = () =>
        page.evaluate(
          () =>
            document.activeElement?.textContent?.trim() ||
            document.activeElement?.getAttribute('aria-label') ||
            document.activeElement?.getAttribute('placeholder') ||
            '',
        );
      const order: string[] = [];
      for (let n = 0; n < 7; n++) {
        await page.keyboard.press('Tab');
        order.push(await focused());
        const outline = await page.evaluate(
          () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
        );
        expect(outline, order.at(-1)).toBe('solid');
      }
      expect(order).toEqual([
        'Skip to the content',
        expect.stringMatching(/^Tabby/),
        'Kittens',
        'Tasks',
        expect.stringContaining('Account: Admin of'),
        'Add a kitten',
        'Name, breed or description',
      ]);
      await page.reload();
      await page.locator('a[data-kitten]').first().waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
      await page.keyboard.press('Tab');
      expect(await focused()).toBe('Add a kitten');
    });
  });

  test('keeps the focus in a dialog, and gives it back', async () => {
    await visit(async ({ page }) => {
      await signIn(page, shared, 'editor', `/kittens/${ids.get('Oscar')}`);
      await heading(page, 'Oscar');
      const button = page.getByRole('button', { name: 'Delete' });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
      for (let n = 0; n < 4; n++) {
        await page.keyboard.press('Tab');
        expect(
          await page.evaluate(
            () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
          ),
        ).toBe(true);
      }
      await page.keyboard.press('Escape');
      expect(await button.evaluate((b) => b === document.activeElement)).toBe(true);
    });
  });
});

test('a screen reader is told how many kittens a search finds, also when it is made again', async () => {
  await visit(async ({ page }) => {
    const item = { name: 'Told', breed: 'siam', birthDate: '2026-01-01', version: 1, createdAt: '', updatedAt: '' };
    const items = [{ ...item, kittenId: '00000000-0000-4000-8000-000000000000' }];
    await page.route('**/api/kittens?*', (route) => route.fulfill({ json: { items, search: { available: true } } }));
    await signIn(page, shared, 'reader', '/kittens');
    await page.locator('a[data-kitten]').waitFor();
    await page.evaluate(() => {
      const told: string[] = [];
      Object.assign(globalThis, { told });
      const region = document.querySelector('.visually-hidden[role=status]') ?? document.body;
      new MutationObserver(() => told.push(region.textContent?.trim() ?? '')).observe(region, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    });
    const told = () => page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
    const queries = ['one', 'two', 'one', 'two'];
    for (const [n, q] of queries.entries()) {
      await page.getByRole('textbox').fill(q);
      await expect.poll(told).toHaveLength(n + 1);
    }
    expect(await told()).toEqual(queries.map(() => '1 kitten found'));
  });
});

describe('the focus stays on the page', () => {
  const onHeading = (page: Page) => page.evaluate(() => document.activeElement?.tagName);

  test('when a draft is discarded', async () => {
    await visit(async ({ page }) => {
      await signIn(page, shared, 'editor', `/kittens/${ids.get('Luna')}/edit`);
      await heading(page, 'Edit Luna');
      await page.getByLabel('Description').fill('Sings.');
      await page.reload();
      await page.getByRole('button', { name: 'Discard it' }).press('Enter');
      await page.getByText('What you had typed before').waitFor({ state: 'detached' });
      expect(await onHeading(page)).toBe('H1');
    });
  });

  test('when a conflict is left for the form', async () => {
    await visit(async ({ page, allow }) => {
      allow(/status of 412/);
      const id = ids.get('Oscar') ?? '';
      await signIn(page, shared, 'editor', `/kittens/${id}/edit`);
      await heading(page, 'Edit Oscar');
      await changeKitten(shared, id, { description: `Changed at ${Date.now()}.` });
      await page.getByLabel('Description').fill('Changed here.');
      await page.getByRole('button', { name: 'Save' }).press('Enter');
      await page.getByText('Somebody else changed this kitten').waitFor();
      await page.getByRole('button', { name: 'Back to the form' }).press('Enter');
      await page.getByLabel('Description').waitFor();
      expect(await onHeading(page)).toBe('H1');
    });
  });
});

test('with forced colours, what is chosen and how far something is can be seen', async () => {
  await visit(async ({ page }) => {
    const task = { taskId: '9b2d7c34-0f5e-4a61-8b9c-2e4f6a8c0d12', kind: 'reindex', status: 'running' };
    const at = '2026-11-29T09:00:00Z';
    const items = [{ ...task, progress: { done: 1, total: 2 }, createdAt: at, updatedAt: at }];
    await page.route('**/api/admin/tasks', (route) => route.fulfill({ json: { items } }));
    await page.emulateMedia({ forcedColors: 'active' });
    await signIn(page, shared, 'admin', '/admin/tasks');
    const style = (selector: string, property: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
    await page.getByRole('progressbar').waitFor();
    expect(await style('progress', 'border-top-color')).not.toBe(await style('progress', 'background-color'));
    const [current, other] = ['.tab[aria-current]', '.tab:not([aria-current])'];
    expect(await style(current, 'border-bottom-color')).not.toBe(await style(other, 'border-bottom-color'));
    await page.getByRole('button', { name: /Account: / }).click();
    expect(await style('.segment:has(:checked)', 'background-color')).not.toBe(
      await style('.segment:not(:has(:checked))', 'background-color'),
    );
  });
});

test('a theme that is chosen stays chosen', async () => {
  await visit(async ({ page }) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(shared.url);
    await heading(page, 'Sign in');
    const light = await ground();
    await page.getByTitle('Dark').click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await heading(page, 'Sign in');
    expect(await ground()).toBe(dark);
    await page.getByTitle('As the device').click();
    expect(await ground()).toBe(light);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await ground()).toBe(dark);
  });
});
