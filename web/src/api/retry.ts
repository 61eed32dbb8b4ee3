import { ApiError, NetworkError } from './errors.ts';

/** longestWait is how long the page waits by itself when it is asked to come back later, in milliseconds. */
const longestWait = 30_000;

/** Attempts after the first one that fails. */
const readRetries = 2;

/** Says whether an error is one that passes by itself: there was no answer, or one that asks to come back later. */
export function mayPass(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && (error.status === 429 || error.status >= 500));
}

/**
 * Says whether a failed read is worth another attempt: faults that pass by themselves, unless the service
 * asks for more patience than people have.
 */
export function retryRead(failures: number, error: Error): boolean {
  return failures < readRetries && mayPass(error) && (askedWait(error) ?? 0) <= longestWait;
}

/** Of writes only those that were certainly not carried out are repeated: API Gateway's throttle answers 429. */
export function retryWrite(failures: number, error: Error): boolean {
  return (
    failures < readRetries &&
    error instanceof ApiError &&
    error.status === 429 &&
    (askedWait(error) ?? 0) <= longestWait
  );
}

/** What Retry-After says, or else longer and longer. */
export function retryDelay(failures: number, error: unknown): number {
  return askedWait(error) ?? Math.min(500 * 2 ** failures, 8000);
}

function askedWait(error: unknown): number | undefined {
  return error instanceof ApiError ? error.retryAfter : undefined;
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
