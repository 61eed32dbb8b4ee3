/** How long a URL serves that does not say so, in milliseconds: less than a signature's few minutes. */
const unknownLifetime = 60_000;

/** A URL is not used in its last moments, so that it does not expire while the picture is fetched, in milliseconds. */
const margin = 15_000;

const capacity = 500;

interface Kept {
  url: string;
  expires: number;
}

const kept = new Map<string, Kept>();

/**
 * thumbnailUrl returns the URL that a photo was shown with before, as long as it can be read. Every answer of
 * the API has a URL with another signature, and a browser would fetch the same picture for each of them.
 */
export function thumbnailUrl(photoId: string, offered: string, now = Date.now()): string {
  const known = kept.get(photoId);
  if (known && known.expires > now) return known.url;
  kept.delete(photoId);
  kept.set(photoId, { url: offered, expires: expiryOf(offered, now) - margin });
  const oldest = kept.keys().next().value;
  if (kept.size > capacity && oldest !== undefined) kept.delete(oldest);
  return offered;
}

/** forgetThumbnail is for a URL that did not work, and says whether that is because it has expired. */
export function forgetThumbnail(photoId: string, now = Date.now()): boolean {
  const known = kept.get(photoId);
  kept.delete(photoId);
  return known !== undefined && known.expires <= now;
}

/** When a presigned URL expires (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"). */
export function expiryOf(url: string, now: number): number {
  const query = new URL(url, location.origin).searchParams;
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(query.get('X-Amz-Date') ?? '');
  const lifetime = Number(query.get('X-Amz-Expires') ?? Number.NaN);
  if (date === null || !(lifetime > 0)) return now + unknownLifetime;
  const [year = 0, month = 1, ...rest] = date.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest) + lifetime * 1000;
}
