// What a tab remembers over a reload, in sessionStorage. None of it is a token.

/** Keys of this application, those of a sign-in under way and drafts among them, begin with this. */
export const prefix = 'app.';

const signedInKey = `${prefix}signedIn`;
const noticeKey = `${prefix}notice`;

/** Notice is what the sign-in page says of how the last session ended. */
export type Notice = 'signedOut' | 'signedOutHere';

/** Says whether this tab was signed in when it was loaded the last time. */
export function wasSignedIn(): boolean {
  return sessionStorage.getItem(signedInKey) !== null;
}

export function setSignedIn(value: boolean): void {
  if (value) sessionStorage.setItem(signedInKey, '1');
  else sessionStorage.removeItem(signedInKey);
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

/** clear removes everything that a user leaves in this tab. */
export function clear(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(prefix)) sessionStorage.removeItem(key);
  }
}
