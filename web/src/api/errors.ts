import type { components } from './schema.gen.ts';

/** Problem is an error as the API describes it (RFC 9457). */
export type Problem = components['schemas']['Problem'];

/** ApiError is an answer of the API that is none of success. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** When to try again at the earliest, in milliseconds from the answer; undefined if it does not say. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiError';
    this.status = problem.status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** NetworkError says that there was no answer, or one that cannot be the API's. */
export class NetworkError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetworkError';
  }
}

/** SessionEndedError says that a request was not made because nobody is signed in any more. */
export class SessionEndedError extends Error {
  constructor() {
    super('Your session has ended.');
    this.name = 'SessionEndedError';
  }
}

/** Says whether an error is an answer with this status. */
export function hasStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}

/** Says whether an error is a request that the application itself gave up. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** What an error says, as a sentence beside others. */
export function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /[.!?…]$/.test(message) ? message : `${message}.`;
}

const titles: Record<number, string> = {
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  413: 'Too large',
  429: 'Too many requests',
  500: 'The service has a fault',
  502: 'The service does not answer',
  503: 'The service is not available',
  504: 'The service does not answer in time',
};

/**
 * Makes an error of an answer. Whatever stands between browser and API answers with pages of its own, so a
 * body that is no problem is not shown, and the status tells what happened.
 */
export function errorOf(response: Response, body: unknown): ApiError {
  const given = isProblem(body) ? body : undefined;
  const title = titles[response.status] ?? `The service answered with status ${response.status}`;
  const problem: Problem = { type: 'about:blank', title, ...given, status: response.status };
  return new ApiError(problem, retryAfterOf(response.headers.get('Retry-After'), Date.now()));
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && typeof body.title === 'string';
}

/** Reads a Retry-After header, seconds or a date (RFC 9110 section 10.2.3), as milliseconds from now. */
export function retryAfterOf(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
