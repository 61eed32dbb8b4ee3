/**
 * isSitePath says whether a text is a path of this site. Browsers drop white space and take a backslash for a slash
 * (URL Standard, "basic URL parser"), so what looks like a path can be an address elsewhere.
 */
export function isSitePath(text: string): boolean {
  if (!/^\/(?![/\\])/.test(text) || !URL.canParse(text, location.origin)) return false;
  return new URL(text, location.origin).origin === location.origin;
}
