import { ApiError, NetworkError } from './errors.ts';

/** longestWait is how long the page waits by itself when it is asked to come back later, in milliseconds. */
const longestWait = 30_000;

/** Attempts after the first one that fails. */
const readRetries = 2;

/**
 * Says whether a failed read is worth another attempt: faults that pass by themselves, unless the service
 * asks for more patience than people have.
 */
export function retryRead(failures: number, error: Error): boolean {
  if (failures >= readRetries) return false;
  if (error instanceof NetworkError) return true;
  return (
    error instanceof ApiError && (error.status === 429 || error.status >= 500) && (error.retryAfter ?? 0) <= longestWait
  );
}

/** Of writes only those that were certainly not carried out are repeated: API Gateway's throttle answers 429. */
export function retryWrite(failures: number, error: Error): boolean {
  return (
    failures < readRetries &&
    error instanceof ApiError &&
    error.status === 429 &&
    (error.retryAfter ?? 0) <= longestWait
  );
}

/** What Retry-After says, or else longer and longer. */
export function retryDelay(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfter : undefined;
  return asked ?? Math.min(500 * 2 ** failures, 8000);
}

/** patiently makes a write, and makes it again while it is not let through. */
export async function patiently<T>(write: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Error && retryWrite(failures, error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelay(failures, error)));
    }
  }
}
