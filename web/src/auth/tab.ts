// What a tab remembers over a reload, in sessionStorage. None of it is a token.

/** Keys of this application, those of a sign-in under way and drafts among them, begin with this. */
export const prefix = 'app.';

/** Keys of drafts begin with this and the subject whose they are. */
export const draftPrefix = `${prefix}draft.`;

const signedInKey = `${prefix}signedIn`;
const noticeKey = `${prefix}notice`;
const pendingKey = `${prefix}pending`;

/** Notice is what the sign-in page says of how the last session ended. */
export type Notice = 'signedOut' | 'signedOutHere' | 'draftsKept';

/** Says whether this tab was signed in when it was loaded the last time. */
export function wasSignedIn(): boolean {
  return sessionStorage.getItem(signedInKey) !== null;
}

export function setSignedIn(value: boolean): void {
  if (value) sessionStorage.setItem(signedInKey, '1');
  else sessionStorage.removeItem(signedInKey);
}

/** Pending is a sign-in under way: where the user was, and whether the provider was asked without showing a page. */
export interface Pending {
  returnTo: string;
  silent: boolean;
}

/** Keeps what is known of a sign-in for the page that it ends at, however it ends. */
export function setPending(pending: Pending): void {
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
}

/** takePending is what was kept, which is no more to be trusted than anything in storage. */
export function takePending(): unknown {
  const pending = sessionStorage.getItem(pendingKey);
  sessionStorage.removeItem(pendingKey);
  try {
    return JSON.parse(pending ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

/** Leaves a notice for the page that is loaded next. */
export function setNotice(notice: Notice): void {
  sessionStorage.setItem(noticeKey, notice);
}

export function takeNotice(): Notice | undefined {
  const notice = sessionStorage.getItem(noticeKey);
  sessionStorage.removeItem(noticeKey);
  return notice === 'signedOut' || notice === 'signedOutHere' ? notice : undefined;
}

/** Says whether there are drafts in this tab: those of a subject, or of anybody. */
export function hasDrafts(subject?: string): boolean {
  const begin = subject === undefined ? draftPrefix : `${draftPrefix}${subject}.`;
  return Object.keys(sessionStorage).some((key) => key.startsWith(begin));
}

/** clear removes what a user leaves in this tab: everything, or all but the drafts. */
export function clear(what: 'all' | 'session' = 'all'): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(prefix) && (what === 'all' || !key.startsWith(draftPrefix))) sessionStorage.removeItem(key);
  }
}
