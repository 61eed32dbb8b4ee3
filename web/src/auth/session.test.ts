import { ErrorResponse, ErrorTimeout, type User, UserManager } from 'oidc-client-ts';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import type { WebConfig } from '../app/config.ts';
import { pathOf, Session } from './session.ts';

const config: WebConfig = {
  version: 1,
  tenant: { id: 'acme', name: 'Acme' },
  issuer: 'https://id.example.com/',
  clientId: 'kittens-web',
  scope: 'openid offline_access kittens:read account:acme-2024',
  authorizationParameters: { audience: 'https://api.example.com/' },
  api: '/api',
};

const metadata = {
  issuer: config.issuer,
  authorization_endpoint: 'https://id.example.com/authorize',
  token_endpoint: 'https://id.example.com/token',
  end_session_endpoint: 'https://id.example.com/end_session',
};

function user(accessToken: string, change: { iss?: string; aud?: string; expired?: boolean } = {}): User {
  return {
    access_token: accessToken,
    id_token: 'id-token',
    refresh_token: 'refresh-token',
    scope: 'openid kittens:read account:acme-2024',
    expired: change.expired ?? false,
    state: { returnTo: '/kittens?q=minka', silent: false },
    profile: { sub: 'reader@acme', iss: change.iss ?? config.issuer, aud: change.aud ?? 'kittens-web', exp: 0, iat: 0 },
  } as unknown as User;
}

const proto = UserManager.prototype;
let redirect: MockInstance<typeof proto.signinRedirect>;
let callback: MockInstance<typeof proto.signinRedirectCallback>;
let silent: MockInstance<typeof proto.signinSilent>;

beforeEach(() => {
  redirect = vi.spyOn(proto, 'signinRedirect').mockResolvedValue();
  callback = vi.spyOn(proto, 'signinRedirectCallback');
  silent = vi.spyOn(proto, 'signinSilent');
  vi.spyOn(proto, 'metadataService', 'get').mockReturnValue({ getIssuer: async () => metadata.issuer } as never);
  metadata.issuer = config.issuer;
});

afterEach(() => {
  vi.useRealTimers();
  sessionStorage.clear();
  history.replaceState(null, '', '/');
});

async function signedIn(given = user('first')): Promise<Session> {
  history.replaceState(null, '', '/callback?code=secret-code&state=s');
  callback.mockResolvedValue(given);
  const session = new Session(config);
  await session.start();
  return session;
}

describe('start', () => {
  test('shows the sign-in page in a new tab', async () => {
    const session = new Session(config);
    await session.start();
    expect(session.value).toEqual({ status: 'signedOut', notice: undefined });
    expect(redirect).not.toHaveBeenCalled();
  });

  test('completes a sign-in at the place where it began, without the code in the address', async () => {
    const session = await signedIn();
    expect(session.value).toMatchObject({
      status: 'signedIn',
      ended: false,
      account: { subject: 'reader@acme', member: true },
    });
    expect(location.pathname + location.search).toBe('/kittens?q=minka');
    expect(await session.accessToken()).toBe('first');
  });

  test('after a reload asks the provider once, without a page', async () => {
    await signedIn();
    history.replaceState(null, '', '/kittens/1?x=1#y');
    const again = new Session(config);
    await again.start();
    expect(redirect).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        prompt: 'none',
        redirectMethod: 'replace',
        state: { returnTo: '/kittens/1?x=1#y', silent: true },
      }),
    );
    const third = new Session(config);
    await third.start();
    expect(third.value.status).toBe('signedOut');
  });

  test('shows the sign-in page if the provider wants to show a page', async () => {
    history.replaceState(null, '', '/callback?error=login_required&state=s');
    callback.mockRejectedValue(
      new ErrorResponse({ error: 'login_required', userState: { returnTo: '/kittens/1', silent: true } }),
    );
    const session = new Session(config);
    await session.start();
    expect(session.value).toEqual({ status: 'signedOut', notice: undefined });
    expect(location.pathname).toBe('/kittens/1');
  });

  test('says why a sign-in did not succeed', async () => {
    history.replaceState(null, '', '/callback?error=access_denied&state=s');
    callback.mockRejectedValue(
      new ErrorResponse({ error: 'access_denied', error_description: 'No.', userState: { returnTo: '/x' } }),
    );
    const session = new Session(config);
    await session.start();
    expect(session.value).toEqual({ status: 'failed', failure: { kind: 'denied', detail: 'No.' } });
    expect(location.pathname + location.search).toBe('/x');
  });

  test.each([
    ['no answer', new TypeError('Failed to fetch')],
    ['a fault of the provider', new Error('Service Unavailable (503): {}')],
    ['a code that is refused', new ErrorResponse({ error: 'invalid_grant' })],
  ])('leads back to the place when the exchange of the code ends with %s', async (_, error) => {
    history.replaceState(null, '', '/kittens/1?x=1#y');
    await new Session(config).signIn();
    history.replaceState(null, '', '/callback?code=secret-code&state=s');
    callback.mockRejectedValue(error);
    const session = new Session(config);
    await session.start();
    expect(session.value.status).toBe('failed');
    expect(location.pathname + location.search + location.hash).toBe('/kittens/1?x=1#y');
    await session.signIn();
    expect(redirect).toHaveBeenLastCalledWith(
      expect.objectContaining({ state: { returnTo: '/kittens/1?x=1#y', silent: false } }),
    );
  });

  test('leads nowhere else by what is in storage', async () => {
    for (const kept of ['{"returnTo":"//evil.example.com"}', '{', '7']) {
      sessionStorage.setItem('app.pending', kept);
      history.replaceState(null, '', '/callback?code=secret-code&state=s');
      callback.mockRejectedValue(new TypeError('Failed to fetch'));
      await new Session(config).start();
      expect(location.href).toBe(`${location.origin}/`);
    }
  });

  describe('after a reload, a fault that', () => {
    const reloaded = async () => {
      await signedIn();
      history.replaceState(null, '', '/kittens/1');
    };
    const completed = async (error: unknown) => {
      await new Session(config).start();
      history.replaceState(null, '', '/callback?state=s');
      callback.mockRejectedValue(error);
      const session = new Session(config);
      await session.start();
      return session;
    };

    test('passes does not forget that the tab was signed in', async () => {
      await reloaded();
      redirect.mockRejectedValueOnce(new TypeError('Failed to fetch'));
      const first = new Session(config);
      await first.start();
      expect(first.value).toEqual({ status: 'failed', failure: { kind: 'unreachable' } });
      const second = await completed(new Error('Service Unavailable (503): {}'));
      expect(second.value).toMatchObject({ status: 'failed', failure: { kind: 'provider' } });
      expect(redirect).toHaveBeenCalledTimes(2);
      await new Session(config).start();
      expect(redirect).toHaveBeenCalledTimes(3);
      expect(redirect).toHaveBeenLastCalledWith(
        expect.objectContaining({ state: { returnTo: '/kittens/1', silent: true } }),
      );
    });

    test('lasts does', async () => {
      await reloaded();
      await completed(new Error('No matching state found in storage'));
      const next = new Session(config);
      await next.start();
      expect(next.value.status).toBe('signedOut');
      expect(redirect).toHaveBeenCalledTimes(1);
    });
  });

  test.each([
    ['of another issuer', { iss: 'https://evil.example.com/' }],
    ['for another client', { aud: 'other' }],
  ])('refuses an ID token %s', async (_, change) => {
    const session = await signedIn(user('first', change));
    expect(session.value).toMatchObject({ status: 'failed', failure: { kind: 'untrusted' } });
    expect(await session.accessToken()).toBeUndefined();
  });

  test('refuses a provider that calls itself otherwise', async () => {
    metadata.issuer = 'https://evil.example.com/';
    const session = new Session(config);
    await session.start();
    await session.signIn();
    expect(session.value).toMatchObject({ status: 'failed', failure: { kind: 'untrusted' } });
    expect(redirect).not.toHaveBeenCalled();
  });
});

describe('renew', () => {
  test('makes one renewal for all requests that are refused together', async () => {
    const session = await signedIn();
    silent.mockResolvedValue(user('second'));
    expect(await Promise.all([session.renew('first'), session.renew('first'), session.accessToken()])).toEqual([
      'second',
      'second',
      'first',
    ]);
    expect(silent).toHaveBeenCalledTimes(1);
    expect(await session.renew('first')).toBe('second');
    expect(silent).toHaveBeenCalledTimes(1);
  });

  test('comes before a request whose token has expired', async () => {
    const session = await signedIn(user('first', { expired: true }));
    silent.mockResolvedValue(user('second'));
    expect(await session.accessToken()).toBe('second');
  });

  test('ends the session when it is refused, and keeps who it was', async () => {
    const session = await signedIn();
    silent.mockRejectedValue(new ErrorResponse({ error: 'invalid_grant' }));
    expect(await session.renew('first')).toBeUndefined();
    expect(session.value).toMatchObject({ status: 'signedIn', ended: true, account: { subject: 'reader@acme' } });
    expect(await session.accessToken()).toBeUndefined();
    expect(await session.renew('first')).toBeUndefined();
    expect(silent).toHaveBeenCalledTimes(1);
  });

  test('does not end the session when there is no answer', async () => {
    const session = await signedIn();
    silent.mockRejectedValueOnce(new TypeError('Failed to fetch')).mockResolvedValue(user('second'));
    await expect(session.renew('first')).rejects.toThrow('Failed to fetch');
    expect(session.value).toMatchObject({ status: 'signedIn', ended: false });
    expect(await session.renew('first')).toBe('second');
  });

  test.each([
    ['has a fault', new ErrorResponse({ error: 'server_error' })],
    ['is not available', new ErrorResponse({ error: 'temporarily_unavailable' })],
    ['answers with a page', new Error('Bad Gateway (502)')],
  ])('goes on by itself when the provider %s', async (_, error) => {
    vi.useFakeTimers();
    const session = await signedIn();
    silent.mockRejectedValueOnce(error).mockRejectedValueOnce(error).mockResolvedValue(user('second'));
    await expect(session.renew('first')).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(1999);
    expect(silent).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(silent).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(3999);
    expect(silent).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(await session.accessToken()).toBe('second');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(silent).toHaveBeenCalledTimes(3);
    expect(session.value).toMatchObject({ ended: false });
  });

  test('is not tried again after the session has ended', async () => {
    vi.useFakeTimers();
    const session = await signedIn();
    silent.mockRejectedValue(new TypeError('Failed to fetch'));
    await expect(session.renew('first')).rejects.toThrow();
    session.end();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(silent).toHaveBeenCalledTimes(1);
  });

  test('ends the session when a frame says nothing, but not without a connection', async () => {
    const { refresh_token: _, ...rest } = user('first');
    const session = await signedIn(rest as User);
    silent.mockRejectedValue(new ErrorTimeout('IFrame timed out without a response'));
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    await expect(session.renew('first')).rejects.toThrow('IFrame');
    expect(session.value).toMatchObject({ ended: false });
    online.mockReturnValue(true);
    expect(await session.renew('first')).toBeUndefined();
    expect(session.value).toMatchObject({ ended: true });
  });

  test('does not bring back a session that was signed out meanwhile', async () => {
    const session = await signedIn();
    vi.spyOn(proto, 'revokeTokens').mockResolvedValue();
    vi.spyOn(proto, 'signoutRedirect').mockResolvedValue();
    let answer = (_: User) => {};
    silent.mockReturnValue(
      new Promise((resolve) => {
        answer = resolve;
      }),
    );
    const renewal = session.renew('first');
    await session.signOut();
    answer(user('second'));
    expect(await renewal).toBeUndefined();
    expect(session.value).toEqual({ status: 'leaving', out: true });
  });

  test('does not take a token of somebody else’s provider', async () => {
    const session = await signedIn();
    silent.mockResolvedValue(user('second', { iss: 'https://evil.example.com/' }));
    expect(await session.renew('first')).toBeUndefined();
    expect(session.value).toMatchObject({ ended: true });
  });
});

describe('signOut', () => {
  test('ends both sessions and leaves nothing in the tab', async () => {
    const session = await signedIn();
    sessionStorage.setItem('app.draft.reader@acme.new', '{}');
    const revoke = vi.spyOn(proto, 'revokeTokens').mockResolvedValue();
    const end = vi.spyOn(proto, 'signoutRedirect').mockResolvedValue();
    await session.signOut();
    expect(revoke).toHaveBeenCalledWith(['refresh_token']);
    expect(end).toHaveBeenCalledWith({ id_token_hint: 'id-token' });
    expect(Object.keys(sessionStorage)).toEqual(['app.notice']);
    const next = new Session(config);
    await next.start();
    expect(next.value).toEqual({ status: 'signedOut', notice: 'signedOut' });
  });

  test('says so if the provider cannot be told', async () => {
    const session = await signedIn();
    vi.spyOn(proto, 'revokeTokens').mockRejectedValue(new TypeError('Failed to fetch'));
    vi.spyOn(proto, 'signoutRedirect').mockRejectedValue(new Error('No end session endpoint'));
    await session.signOut();
    expect(session.value).toEqual({ status: 'signedOut', notice: 'signedOutHere' });
    expect(await session.accessToken()).toBeUndefined();
  });

  test('signs out the other tabs', async () => {
    const [one, other] = [await signedIn(), await signedIn()];
    vi.spyOn(proto, 'revokeTokens').mockResolvedValue();
    vi.spyOn(proto, 'signoutRedirect').mockResolvedValue();
    await one.signOut();
    await vi.waitFor(() => expect(other.value).toEqual({ status: 'signedOut', notice: 'signedOut' }));
  });

  test('leaves what was typed in another tab to it, and says so there', async () => {
    const session = await signedIn();
    sessionStorage.setItem('app.draft.reader@acme.new', '{}');
    const another = new BroadcastChannel('session');
    another.postMessage('signedOut');
    await vi.waitFor(() => expect(session.value).toEqual({ status: 'signedOut', notice: 'draftsKept' }));
    expect(Object.keys(sessionStorage)).toEqual(['app.draft.reader@acme.new']);
    expect(await session.accessToken()).toBeUndefined();
    another.close();
  });
});

test('no token is in any storage', async () => {
  await signedIn();
  const stored = JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]);
  for (const secret of ['first', 'id-token', 'refresh-token', 'secret-code']) expect(stored).not.toContain(secret);
});

test.each([
  [{ returnTo: '/kittens?q=1#2' }, '/kittens?q=1#2'],
  [{ returnTo: '//evil.example.com' }, '/'],
  [{ returnTo: '/\\evil.example.com' }, '/'],
  [{ returnTo: '/\t/evil.example.com' }, '/'],
  [{ returnTo: 'https://evil.example.com' }, '/'],
  [{ returnTo: '/callback?code=1' }, '/'],
  [{}, '/'],
  [null, '/'],
  ['/kittens', '/'],
])('returns from %j to %s', (state, path) => {
  expect(pathOf(state)).toBe(path);
});
