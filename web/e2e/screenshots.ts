// Takes a picture of every screen in both themes, on a phone and on a desk, into TENANTSTACK_SCREENSHOTS.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, test } from 'vitest';
import { useBrowser, visit } from './support/browser.ts';
import { setting, shared } from './support/cloud.ts';
import { fillTenant } from './support/data.ts';
import { screens } from './support/screens.ts';

useBrowser();

const folder = setting('TENANTSTACK_SCREENSHOTS');
let ids: Map<string, string>;

beforeAll(async () => {
  await mkdir(folder, { recursive: true });
  ids = await fillTenant(shared);
}, 180_000);

const sizes = [
  { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true },
  { width: 1280, height: 900, deviceScaleFactor: 1, isMobile: false },
];

test.each(screens.flatMap((screen) => sizes.map((size) => ({ ...screen, ...size }))))(
  '$name, $width px',
  async ({ name, open, width, height, deviceScaleFactor, isMobile }) => {
    await visit(
      async (v) => {
        await v.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
        await open(v, shared, ids);
        for (const colorScheme of ['light', 'dark'] as const) {
          await v.page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
          await v.page.screenshot({
            path: join(folder, `${name}-${width}-${colorScheme}.png`),
            animations: 'disabled',
          });
        }
      },
      { context: { viewport: { width, height }, deviceScaleFactor, isMobile, hasTouch: isMobile } },
    );
  },
);
