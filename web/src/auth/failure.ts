import { ErrorResponse, ErrorTimeout } from 'oidc-client-ts';

/** SignInFailure is why a sign-in did not succeed. */
export interface SignInFailure {
  kind: 'denied' | 'state' | 'unreachable' | 'provider' | 'untrusted';
  /** What the identity provider said, for people. */
  detail?: string;
}

/** UntrustedError says that an answer is not of the identity provider that is configured, or not for this application. */
export class UntrustedError extends Error {}

/**
 * Errors of OpenID Connect Core 1.0 section 3.1.2.6 that say that nobody is signed in, or that somebody
 * has to be asked something first.
 */
const interactive = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

/** Errors of RFC 6749 sections 4.1.2.1 and 5.2 that the same request would be answered with again. */
const refusals = new Set([
  'access_denied',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/** Says whether a request without a page failed only because a page is needed. */
export function needsPage(error: unknown): boolean {
  return error instanceof ErrorResponse && interactive.has(error.error ?? '');
}

/**
 * Says whether an error of a renewal is final: the provider answered and refused. All others may pass, such as an
 * answer that does not arrive or one that says that the provider has a fault or too much to do.
 */
export function isRefusal(error: unknown): boolean {
  if (error instanceof UntrustedError) return true;
  return error instanceof ErrorResponse && (refusals.has(error.error ?? '') || needsPage(error));
}

/** Says whether a frame said nothing, as one does that the provider or the browser does not let in. */
export function isSilentFrame(error: unknown): boolean {
  // The library has one error for this and for requests without an answer. Offline, frames say nothing either.
  return error instanceof ErrorTimeout && /^iframe/i.test(error.message) && navigator.onLine;
}

/** Says whether a sign-in that failed may succeed if it is done again as it was. */
export function signInMayPass(error: unknown): boolean {
  return !isRefusal(error) && ['unreachable', 'provider'].includes(failureOf(error).kind);
}

/** failureOf tells the causes apart that people can do something about. */
export function failureOf(error: unknown): SignInFailure {
  if (error instanceof UntrustedError) return { kind: 'untrusted', detail: error.message };
  if (error instanceof ErrorResponse) {
    const detail = error.error_description ?? error.error ?? undefined;
    const kind = error.error === 'access_denied' ? 'denied' : 'provider';
    return detail === undefined ? { kind } : { kind, detail };
  }
  // fetch rejects with a TypeError whenever there was no answer (Fetch Standard, "fetch method").
  if (error instanceof TypeError || error instanceof ErrorTimeout) return { kind: 'unreachable' };
  const message = error instanceof Error ? error.message : String(error);
  if (/\bstate\b/i.test(message)) return { kind: 'state' };
  return { kind: 'provider', detail: message };
}
