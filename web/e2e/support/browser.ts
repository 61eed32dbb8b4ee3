import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Cookie,
  chromium,
  type Page,
  type Route,
} from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, cloud, http, type Tenant } from './cloud.ts';

/** Flags: there is neither a GPU nor a sandbox for root, and the browser has nothing to ask of the internet. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser | undefined;

/** useBrowser starts a browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: process.env.TENANTSTACK_CHROMIUM ?? '/usr/bin/chromium', args });
  });
  afterAll(async () => {
    await browser?.close();
    browser = undefined;
  });
}

/** Visit is a page of its own browser profile, whose complaints make the test fail. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Lets complaints pass that the test provokes. */
  allow(pattern: RegExp): void;
}

interface VisitOptions {
  context?: BrowserContextOptions;
}

/** visit opens a page, and fails if it complains: errors and warnings of the console, faults, and violations of the policy. */
export async function visit(run: (visit: Visit) => Promise<void>, options: VisitOptions = {}): Promise<void> {
  if (!browser) throw new Error('visit: useBrowser was not called in this file');
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options.context });
  const complaints: string[] = [];
  const allowed: RegExp[] = [];
  context.setDefaultTimeout(15_000);
  context.on('page', (page) => listen(page, complaints));
  try {
    const page = await context.newPage();
    await run({ page, context, allow: (pattern) => allowed.push(pattern) });
    const left = complaints.filter((c) => !allowed.some((pattern) => pattern.test(c)));
    expect(left, 'what the page complained of').toEqual([]);
  } catch (error) {
    const shown = await Promise.all(context.pages().map((p) => describe(p).catch(() => p.url())));
    if (error instanceof Error)
      error.message += `\nThe pages were:\n${shown.join('\n')}\nComplaints: ${complaints.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
}

// Chromium reports violations of the content security policy as errors of the console.
function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(`fault: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    // Leaving unsaved changes asks; anything else would be an alert of markup that became a script.
    if (dialog.type() !== 'beforeunload') complaints.push(`dialog: ${dialog.type()} ${dialog.message()}`);
    void dialog.accept().catch(() => {});
  });
}

async function describe(page: Page): Promise<string> {
  const text = await page.evaluate(() => document.body.innerText);
  return `${page.url()}\n${text.slice(0, 1500)}`;
}

export type Role = 'reader' | 'editor' | 'admin';

/** Cookies of the identity provider by user, so that not every test has to type a password. */
const sessions = new Map<string, Cookie[]>();

/**
 * signIn goes through the identity provider, which knows some users from tests before, to a page of the tenant, and
 * waits until it is there.
 */
export async function signIn(page: Page, tenant: Tenant, role: Role, path = '/'): Promise<void> {
  const user = `${role}@${tenant.id}`;
  await page.context().addCookies(sessions.get(user) ?? []);
  await page.goto(at(tenant, path));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const form = page.getByText('With user name and password');
  const signedIn = page.getByRole('button', { name: /Account: / });
  await form.or(signedIn).waitFor();
  if (await form.isVisible()) {
    await enter(page, user, role);
    await signedIn.waitFor();
    sessions.set(user, await page.context().cookies(cloud.issuer));
  }
}

/** enter fills in the page of the identity provider. */
export async function enter(page: Page, user: string, password: string): Promise<void> {
  await page.getByText('With user name and password').click();
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** heading waits for a page by its heading. */
export async function heading(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** tokenOf is the access token that the page sends; it is in its memory alone, so its requests are listened to. */
export async function tokenOf(page: Page): Promise<string> {
  const sent = page.waitForRequest((r) => new URL(r.url()).pathname.startsWith('/api/'));
  await page.reload();
  const token = (await (await sent).headerValue('Authorization'))?.replace(/^Bearer /, '');
  if (!token) throw new Error('the page sent a request without a token');
  return token;
}

/** at is an address of a tenant's site. */
export function at(tenant: Tenant, path: string): string {
  return new URL(path, tenant.url).href;
}

/** passed sends the request of a route to where it is meant for. Playwright's own route.fetch cannot resolve the names. */
export async function passed(route: Route): Promise<Answer> {
  const request = route.request();
  const body = request.postDataBuffer();
  return http(request.url(), {
    method: request.method(),
    headers: await request.allHeaders(),
    ...(body ? { body } : {}),
  });
}
