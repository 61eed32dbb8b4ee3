import { describe, expect, test } from 'vitest';
import { createKitten, forgetTokens, machineToken } from './support/api.ts';
import {
  at,
  enter,
  heading,
  passed,
  type Role,
  signIn,
  tokenOf,
  useBrowser,
  type Visit,
  visit,
} from './support/browser.ts';
import { cloud, dedicated, http, shared, tenantctl } from './support/cloud.ts';

useBrowser();

const menu = /Account: /;

describe.each([shared, dedicated])('at $id', (tenant) => {
  test.each<[Role, string, boolean, boolean]>([
    ['reader', 'Reader of ', false, false],
    ['editor', 'Editor of ', true, false],
    ['admin', 'Admin of ', true, true],
  ])('%s signs in and sees what the role may do', async (role, name, writes, administers) => {
    await visit(async ({ page }) => {
      await signIn(page, tenant, role);
      await heading(page, 'Kittens');
      expect(page.url()).toBe(at(tenant, '/kittens'));
      expect(await page.title()).toMatch(/^Kittens · /);
      await page.getByRole('button', { name: menu }).click();
      await page.getByText(name).first().waitFor();
      await page.getByText(`${role}@${tenant.id}`).waitFor();
      expect(await page.getByRole('link', { name: 'Add a kitten' }).count()).toBe(writes ? 1 : 0);
      expect(await page.getByRole('link', { name: 'Tasks' }).count()).toBe(administers ? 1 : 0);
    });
  });
});

test('a sign-in leads to the page that was asked for, and nothing of it stays in the address or in storage', async () => {
  const { kittenId } = await createKitten(dedicated, { name: 'Deep' });
  await visit(async ({ page }) => {
    const secrets: string[] = [];
    page.on('response', async (response) => {
      if (!response.url().endsWith('/oauth/token')) return;
      const answer: Record<string, unknown> = await response.json();
      for (const name of ['access_token', 'refresh_token', 'id_token']) secrets.push(String(answer[name]));
    });
    await signIn(page, dedicated, 'reader', `/kittens/${kittenId}?from=mail#top`);
    await heading(page, 'Deep');
    expect(page.url()).toBe(at(dedicated, `/kittens/${kittenId}?from=mail#top`));
    expect(secrets).toHaveLength(3);
    const stored = await page.evaluate(() =>
      JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, document.referrer]),
    );
    const addresses = await page.evaluate(() => performance.getEntriesByType('resource').map((e) => e.name));
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(20);
      expect(stored).not.toContain(secret);
      expect(addresses.join()).not.toContain(secret);
    }
    expect(Object.keys(JSON.parse(stored)[0])).toEqual(['app.signedIn']);
  });
});

test('a reload keeps the session and the page, without an entry in the history', async () => {
  const { kittenId } = await createKitten(dedicated, { name: 'Reloaded' });
  await visit(async ({ page }) => {
    await signIn(page, dedicated, 'reader');
    await page.getByRole('link', { name: 'Reloaded' }).first().click();
    await heading(page, 'Reloaded');
    const entries = await page.evaluate(() => history.length);
    for (let n = 0; n < 2; n++) {
      await page.reload();
      await heading(page, 'Reloaded');
      expect(page.url()).toBe(at(dedicated, `/kittens/${kittenId}`));
    }
    expect(await page.evaluate(() => history.length)).toBe(entries);
    await page.goBack();
    await heading(page, 'Kittens');
    expect(page.url()).toBe(at(dedicated, '/kittens'));
  });
});

test('a reload after the provider’s session has ended shows the sign-in page of the same address', async () => {
  await visit(async ({ page, context }) => {
    await signIn(page, dedicated, 'reader', '/kittens?q=deep');
    await heading(page, 'Kittens');
    await context.clearCookies();
    await page.reload();
    await heading(page, 'Sign in');
    expect(page.url()).toBe(at(dedicated, '/kittens?q=deep'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await enter(page, 'reader@acme', 'reader');
    await heading(page, 'Kittens');
    expect(page.url()).toBe(at(dedicated, '/kittens?q=deep'));
  });
});

test('signing out ends the session at the provider too, in all tabs, and the refresh token', async () => {
  await visit(async ({ page, context }) => {
    let refreshToken = '';
    context.on('response', async (response) => {
      if (response.url().endsWith('/oauth/token'))
        refreshToken = ((await response.json()) as { refresh_token: string }).refresh_token;
    });
    await signIn(page, dedicated, 'editor');
    await heading(page, 'Kittens');
    const ofFirst = refreshToken;
    const other = await context.newPage();
    await other.goto(dedicated.url);
    await other.getByRole('button', { name: 'Sign in' }).click(); // single sign-on: no page of the provider
    await heading(other, 'Kittens');
    await page.getByRole('button', { name: menu }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await heading(page, 'Sign in');
    await heading(other, 'Sign in');
    expect(new URL(page.url()).pathname).toBe('/');
    await page.reload();
    await heading(page, 'Sign in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('With user name and password').waitFor(); // the provider asks
    const form = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'kittens-web', refresh_token: ofFirst });
    const answer = await http(`${cloud.issuer}oauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(answer.json()).toMatchObject({ error: 'invalid_grant' });
  });
});

test('a user of another tenant is told so, sees nothing, and can change the account', async () => {
  await createKitten(dedicated, { name: 'Only of Acme' });
  await visit(async ({ page }) => {
    const asked: string[] = [];
    page.on('request', (r) => {
      if (new URL(r.url()).pathname.startsWith('/api/')) asked.push(r.url());
    });
    await page.goto(at(dedicated, '/kittens'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await enter(page, 'admin@tabby-cafe', 'admin');
    await heading(page, /^This account is not of /);
    await page.getByText('Admin of Tabby').waitFor();
    expect(asked).toEqual([]);
    await page.reload();
    await heading(page, /^This account is not of /);
    await page.getByRole('button', { name: 'Sign in as somebody else' }).click();
    await enter(page, 'reader@acme', 'reader');
    await heading(page, 'Kittens');
    await page.getByText('Only of Acme').first().waitFor();
  });
});

test('a token of one tenant is refused by the API of another', async () => {
  const { kittenId } = await createKitten(shared, { name: 'Only of the café' });
  await visit(async ({ page }) => {
    await signIn(page, dedicated, 'admin');
    await heading(page, 'Kittens');
    const headers = { Authorization: `Bearer ${await tokenOf(page)}` };
    expect((await http(`${dedicated.api}/kittens`, { headers })).status).toBe(200);
    for (const path of ['/kittens', `/kittens/${kittenId}`, `/kittens/${kittenId}/photo`, '/breeds', '/admin/tasks']) {
      expect((await http(shared.api + path, { headers })).status, path).toBe(403);
    }
  });
});

test('when the signing key is taken away, the session goes on with a new token', async () => {
  const { kittenId } = await createKitten(dedicated, { name: 'Before rotation' });
  await visit(async ({ page, allow }) => {
    allow(/401/);
    await signIn(page, dedicated, 'editor');
    await page.getByText('Before rotation').first().waitFor();
    const before = await tokenOf(page);
    await heading(page, 'Kittens');
    await tenantctl('token', 'rotate', '--forget');
    forgetTokens();
    // Authorizers fetch the keys anew when they see a token of a key that they do not know.
    const statusWith = async (token: string) => {
      const headers = { Authorization: `Bearer ${token}` };
      return (await http(`${dedicated.api}/kittens/${kittenId}/photo`, { headers })).status;
    };
    await expect.poll(async () => statusWith(await machineToken(dedicated))).toBe(404);
    await expect.poll(() => statusWith(before)).toBe(401);
    await page.getByRole('link', { name: 'Before rotation' }).first().click();
    await heading(page, 'Before rotation');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
}, 120_000);

test('a session that has ended keeps what is typed until somebody signs in again', async () => {
  const { kittenId } = await createKitten(dedicated, { name: 'Unsaved' });
  await visit(async ({ page, context, allow }) => {
    allow(/40[01]/);
    await signIn(page, dedicated, 'editor', `/kittens/${kittenId}/edit`);
    await heading(page, 'Edit Unsaved');
    await page.getByLabel('Description').fill('Typed before the end.');
    await page.route('**/api/**', (route) =>
      route.fulfill({ status: 401, json: { title: 'Unauthorized', status: 401, type: 'about:blank' } }),
    );
    await page.route('**/oauth/token', (route) =>
      route.fulfill({ status: 400, json: { error: 'invalid_grant' }, headers: { 'Access-Control-Allow-Origin': '*' } }),
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    await page.getByRole('button', { name: 'Not now' }).click();
    expect(await page.getByLabel('Description').inputValue()).toBe('Typed before the end.');
    await page.getByRole('button', { name: 'Your session has ended' }).click();
    await page.unroute('**/api/**');
    await page.unroute('**/oauth/token');
    await context.clearCookies();
    await page.getByRole('button', { name: 'Sign in again' }).click();
    await enter(page, 'editor@acme', 'editor');
    await heading(page, 'Edit Unsaved');
    await page.getByText('What you had typed before is here again').waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe('Typed before the end.');
    await page.getByRole('button', { name: 'Save' }).click();
    await heading(page, 'Unsaved');
    await page.getByText('Typed before the end.').waitFor();
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual(['app.signedIn']);
  });
});

describe('without a refresh token', () => {
  /** Signs in without a refresh token, has the next request for a kitten refused, and opens one. */
  async function renewed({ page, context, allow }: Visit, cookies: boolean): Promise<void> {
    allow(/401|Framing/);
    const { kittenId } = await createKitten(dedicated, { name: 'Framed' });
    await page.route('**/oauth/token', async (route) => {
      const { status, headers, json } = await passed(route);
      const { 'content-length': _length, ...kept } = headers;
      const { refresh_token: _token, ...rest } = json<Record<string, unknown>>();
      await route.fulfill({ status, headers: kept, json: rest });
    });
    await signIn(page, dedicated, 'reader');
    await heading(page, 'Kittens');
    if (cookies) {
      // Names below localhost are of different sites, so the browser keeps the provider's cookies from the frame. A
      // provider below the domain of the tenants is of the same site and gets them.
      await page.route('**/authorize?*', async (route) => {
        const cookie = (await context.cookies(cloud.issuer)).map((c) => `${c.name}=${c.value}`).join('; ');
        let location = route.request().url();
        while (new URL(location).host === new URL(cloud.issuer).host) {
          const answer = await http(location, { headers: { cookie } });
          location = new URL(answer.headers.location ?? '', location).href;
        }
        await route.fulfill({ status: 302, headers: { Location: location } });
      });
    }
    await page.route(
      `**/api/kittens/${kittenId}`,
      (route) => route.fulfill({ status: 401, json: { title: 'Unauthorized', status: 401, type: 'about:blank' } }),
      { times: 1 },
    );
    await page.getByRole('link', { name: 'Framed' }).first().click();
  }

  test('the session is over when the provider’s frame gives none', async () => {
    await visit(async (v) => {
      await renewed(v, false);
      await v.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
      await v.page.getByRole('button', { name: 'Sign in again' }).click();
      await heading(v.page, 'Framed');
    });
  });

  test('the session is renewed in a frame', async ({ skip }) => {
    const policy = (await http(dedicated.url)).headers['content-security-policy'] ?? '';
    skip(!/frame-src [^;]*'self'/.test(policy), 'the policy does not let the page frame its own callback');
    await visit(async (v) => {
      await renewed(v, true);
      await heading(v.page, 'Framed');
      expect(await v.page.getByRole('dialog').count()).toBe(0);
    });
  });
});

describe('a sign-in that does not succeed', () => {
  test('says that the provider refused, and leads on', async () => {
    await visit(async ({ page }) => {
      await page.route('**/authorize?*', (route) => {
        const asked = new URL(route.request().url()).searchParams;
        const back = new URL(asked.get('redirect_uri') ?? '');
        back.search = String(
          new URLSearchParams({
            error: 'access_denied',
            error_description: 'The user said no.',
            state: asked.get('state') ?? '',
          }),
        );
        return route.fulfill({ status: 302, headers: { Location: back.href } });
      });
      await page.goto(at(dedicated, '/kittens?q=x'));
      await page.getByRole('button', { name: 'Sign in' }).click();
      await heading(page, 'Sign-in was refused');
      await page.getByText('The user said no.').waitFor();
      expect(page.url()).toBe(at(dedicated, '/kittens?q=x'));
      await page.unroute('**/authorize?*');
      await page.getByRole('button', { name: 'Sign in as somebody else' }).click();
      await enter(page, 'reader@acme', 'reader');
      await heading(page, 'Kittens');
    });
  });

  test.each(['?code=stolen&state=unknown', '?code=stolen', '?error=access_denied&state=unknown', ''])(
    'takes no answer that it did not ask for: %s',
    async (answer) => {
      await visit(async ({ page }) => {
        const exchanges: string[] = [];
        page.on('request', (r) => {
          if (r.url().endsWith('/oauth/token')) exchanges.push(r.url());
        });
        await page.goto(at(dedicated, `/callback${answer}`));
        await heading(page, 'This sign-in cannot be completed');
        expect(exchanges).toEqual([]);
        expect(page.url()).toBe(at(dedicated, '/'));
        await page.getByRole('button', { name: 'Try again' }).click();
        await enter(page, 'reader@acme', 'reader');
        await heading(page, 'Kittens');
      });
    },
  );

  test('says that the provider cannot be reached', async () => {
    await visit(async ({ page, allow }) => {
      allow(/net::ERR_FAILED|ERR_CONNECTION/);
      await page.route('**/.well-known/openid-configuration', (route) => route.abort());
      await page.goto(dedicated.url);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await heading(page, 'The sign-in service cannot be reached');
      await page.unroute('**/.well-known/openid-configuration');
      await page.getByRole('button', { name: 'Try again' }).click();
      await enter(page, 'reader@acme', 'reader');
      await heading(page, 'Kittens');
    });
  });
});

test.each([
  ['is not there', 403, '<Error/>', 'status 403'],
  ['is no JSON', 200, '<html>', 'no JSON'],
  ['lacks values', 200, '{"version":2}', 'clientId is missing'],
])('a configuration that %s is an error that says so', async (_, status, body, message) => {
  await visit(async ({ page, allow }) => {
    allow(/status of 403/);
    await page.route('**/config.json', (route) => route.fulfill({ status, body }));
    await page.goto(dedicated.url);
    await heading(page, 'The application cannot start');
    await page.getByText(message).waitFor();
    await page.unroute('**/config.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'Sign in');
  });
});
