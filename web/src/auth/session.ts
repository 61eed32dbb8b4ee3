import { InMemoryWebStorage, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import type { Tokens } from '../api/client.ts';
import type { WebConfig } from '../app/config.ts';
import { isSitePath } from '../app/sitePath.ts';
import { Store } from '../ui/store.ts';
import { type Account, accountOf } from './account.ts';
import {
  failureOf,
  isRefusal,
  isSilentFrame,
  needsPage,
  type SignInFailure,
  signInMayPass,
  UntrustedError,
} from './failure.ts';
import * as tab from './tab.ts';

/** Path that the identity provider sends the browser back to. */
export const callbackPath = '/callback';

/** SessionState is what the page is drawn from. */
export type SessionState =
  /** out: the session is being ended, and not begun. */
  | { status: 'starting' | 'leaving'; out?: boolean }
  | { status: 'signedOut'; notice: tab.Notice | undefined }
  | { status: 'failed'; failure: SignInFailure }
  /** ended: the tokens are of no use any more, and what is on the page stays until somebody signs in again. */
  | { status: 'signedIn'; account: Account; ended: boolean };

/** Times between two attempts to renew a token that fail for what may pass, in milliseconds. */
const renewal = { first: 2000, most: 60_000 };

/**
 * Session signs people in by the authorization code with PKCE (RFC 9700 section 2.1.1). Tokens are in the
 * memory of this page and nowhere else. Of a sign-in that is under way, sessionStorage keeps what belongs to
 * it, such as the code verifier.
 */
export class Session extends Store<SessionState> implements Tokens {
  readonly #config: WebConfig;
  readonly #manager: UserManager;
  readonly #channel = new BroadcastChannel('session');
  #user: User | undefined;
  #renewal: Promise<string | undefined> | undefined;
  #nextRenewal: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(config: WebConfig) {
    super({ status: 'starting' });
    this.#config = config;
    this.#manager = createManager(config);
    this.#manager.events.addAccessTokenExpiring(() => void this.#renewOnce().catch(() => {}));
    // Another tab that signs out does so for all of them, as far as the user is concerned. What was typed here was
    // not asked about there.
    this.#channel.addEventListener('message', () => {
      if (this.value.status !== 'signedIn') return;
      tab.clear('session');
      void this.#forget(tab.hasDrafts() ? 'draftsKept' : 'signedOut');
    });
    // The browser may show a page again that was left for the identity provider.
    addEventListener('pageshow', (event) => {
      if (event.persisted && this.value.status === 'leaving') this.value = { status: 'signedOut', notice: undefined };
    });
  }

  /** start completes a sign-in, or asks the provider without a page if this tab was signed in before. */
  async start(): Promise<void> {
    if (location.pathname === callbackPath) return this.#complete();
    const notice = tab.takeNotice();
    if (!tab.wasSignedIn()) {
      this.value = { status: 'signedOut', notice };
      return;
    }
    // The flag goes first: should the provider never answer, the next start shows the sign-in page. It is set again
    // by whatever comes of it but a refusal.
    tab.setSignedIn(false);
    await this.#leave({ returnTo: here(), silent: true });
  }

  /** signIn goes to the identity provider and comes back to this place. */
  async signIn(options: { otherUser?: boolean } = {}): Promise<void> {
    await this.#leave({ returnTo: here(), silent: false }, options.otherUser ? 'login' : undefined);
  }

  /** signOut ends the session of this application and that of the identity provider. Nothing typed here is kept. */
  async signOut(): Promise<void> {
    const user = this.#user;
    this.value = { status: 'leaving', out: true };
    tab.clear();
    this.#channel.postMessage('signedOut');
    tab.setNotice('signedOut');
    history.replaceState(null, '', '/');
    try {
      // A refresh token would outlive the session (RFC 7009); without an answer it is only not used any more.
      if (user?.refresh_token) await this.#manager.revokeTokens(['refresh_token']).catch(() => {});
      await this.#manager.signoutRedirect(user?.id_token ? { id_token_hint: user.id_token } : {});
    } catch {
      tab.clear();
      await this.#forget('signedOutHere');
    }
  }

  async accessToken(): Promise<string | undefined> {
    if (this.#user === undefined || this.#hasEnded()) return undefined;
    return this.#user.expired ? this.#renewOnce() : this.#user.access_token;
  }

  async renew(refused: string): Promise<string | undefined> {
    if (this.#hasEnded()) return undefined;
    // Requests that were sent together are refused together; one of them has renewed the token by now.
    if (this.#user !== undefined && this.#user.access_token !== refused) return this.#user.access_token;
    return this.#renewOnce();
  }

  end(): void {
    if (this.value.status === 'signedIn' && !this.value.ended) this.value = { ...this.value, ended: true };
  }

  // A refresh token is good for one use (RFC 9700 section 4.14.2), so there is one renewal at a time.
  #renewOnce(): Promise<string | undefined> {
    this.#renewal ??= this.#renewToken().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewToken(): Promise<string | undefined> {
    try {
      const user = await this.#manager.signinSilent({ nonce: crypto.randomUUID() });
      if (user === null) throw new UntrustedError('The identity provider gave no token.');
      // Somebody may have signed out meanwhile.
      if (this.#hasEnded()) return undefined;
      this.#accept(user);
      return user.access_token;
    } catch (error) {
      // A frame that was not let in will not be the next time either.
      if (isRefusal(error) || (isSilentFrame(error) && !this.#user?.refresh_token)) {
        this.end();
        return undefined;
      }
      this.#renewLater();
      throw error;
    }
  }

  // Nobody else might ask again before the token has expired.
  #renewLater(): void {
    clearTimeout(this.#nextRenewal);
    if (this.#hasEnded()) return;
    const pause = Math.min(renewal.first * 2 ** this.#failures++, renewal.most);
    this.#nextRenewal = setTimeout(() => {
      if (!this.#hasEnded()) void this.#renewOnce().catch(() => {});
    }, pause);
  }

  #hasEnded(): boolean {
    return this.value.status !== 'signedIn' || this.value.ended;
  }

  async #leave(pending: tab.Pending, prompt?: 'login'): Promise<void> {
    this.value = { status: 'leaving' };
    tab.setPending(pending);
    try {
      await this.#checkIssuer();
      await this.#manager.signinRedirect({
        state: pending,
        nonce: crypto.randomUUID(),
        ...(pending.silent ? { prompt: 'none' } : prompt ? { prompt } : {}),
        // The detour of a reload leaves no entry in the history.
        redirectMethod: pending.silent ? 'replace' : 'assign',
      });
    } catch (error) {
      this.#fail(error, tab.takePending());
    }
  }

  async #complete(): Promise<void> {
    if (window.parent !== window) {
      // A renewal in a frame: the page around it gets the answer.
      await this.#manager.signinCallback();
      return;
    }
    const answer = location.href;
    const kept = tab.takePending();
    // Neither a reload nor the history may send the code again.
    history.replaceState(null, '', '/');
    try {
      const user = await this.#manager.signinRedirectCallback(answer);
      await this.#checkIssuer();
      history.replaceState(null, '', pathOf(user.state));
      this.#accept(user);
      tab.setSignedIn(true);
    } catch (error) {
      // Only an error of the first of two steps has the state with it.
      const pending = stateOf(error) ?? kept;
      history.replaceState(null, '', pathOf(pending));
      if (isSilent(pending) && needsPage(error)) this.value = { status: 'signedOut', notice: undefined };
      else this.#fail(error, pending);
    }
  }

  // OpenID Connect Discovery 1.0 section 4.3: the issuer of the document is the one it was asked of.
  async #checkIssuer(): Promise<void> {
    const issuer = await this.#manager.metadataService.getIssuer();
    if (issuer !== this.#config.issuer) throw new UntrustedError(`The identity provider calls itself ${issuer}.`);
  }

  // OpenID Connect Core 1.0 section 3.1.3.7; that the token came from the provider itself is TLS's to show.
  #accept(user: User): void {
    const { iss, aud } = user.profile;
    if (iss !== this.#config.issuer) throw new UntrustedError(`The ID token is of ${iss}.`);
    if (![aud].flat().includes(this.#config.clientId))
      throw new UntrustedError('The ID token is for another application.');
    this.#user = user;
    this.#failures = 0;
    clearTimeout(this.#nextRenewal);
    this.value = { status: 'signedIn', account: accountOf(user, this.#config.scope), ended: false };
  }

  #fail(error: unknown, pending: unknown): void {
    // Loading the page anew asks without a page again.
    if (isSilent(pending) && signInMayPass(error)) tab.setSignedIn(true);
    this.value = { status: 'failed', failure: failureOf(error) };
  }

  async #forget(notice: tab.Notice): Promise<void> {
    this.#user = undefined;
    await this.#manager.removeUser();
    this.value = { status: 'signedOut', notice };
  }
}

function createManager(config: WebConfig): UserManager {
  const origin = location.origin;
  return new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: origin + callbackPath,
    post_logout_redirect_uri: `${origin}/`,
    response_type: 'code',
    scope: config.scope,
    extraQueryParams: config.authorizationParameters ?? {},
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    // The library removes what it does not understand below its prefix.
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: `${tab.prefix}oidc.` }),
    // Renewals are the session's, which never makes two of them at once.
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
    requestTimeoutInSeconds: 15,
    silentRequestTimeoutInSeconds: 8,
  });
}

function here(): string {
  return location.pathname + location.search + location.hash;
}

/** pathOf is the place to return to, if it is one of this site. */
export function pathOf(state: unknown): string {
  const to = typeof state === 'object' && state !== null && 'returnTo' in state ? state.returnTo : undefined;
  return typeof to === 'string' && isSitePath(to) && !to.startsWith(callbackPath) ? to : '/';
}

function stateOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'state' in error ? (error.state ?? undefined) : undefined;
}

function isSilent(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'silent' in state && state.silent === true;
}
