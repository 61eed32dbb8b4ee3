import createClient, { type Client } from 'openapi-fetch';
import { errorOf, isAbort, NetworkError, SessionEndedError } from './errors.ts';
import type { paths } from './schema.gen.ts';

/** Tokens is what the client needs of the session. */
export interface Tokens {
  /** An access token that has not expired, if there is one. */
  accessToken(): Promise<string | undefined>;
  /**
   * Asks for a new access token in the place of one that was refused. It is undefined if the session has
   * ended; a failure of another kind, such as of the network, is thrown.
   */
  renew(refused: string): Promise<string | undefined>;
  /** Says that a new access token was refused too. */
  end(): void;
}

/** Reachability is told whether requests are answered. */
export interface Reachability {
  answered(): void;
  failed(): void;
}

export type Api = Client<paths>;

/** createApi makes a client of the API below a path such as /api. */
export function createApi(base: string, tokens: Tokens, reachability: Reachability): Api {
  return createClient<paths>({
    baseUrl: new URL(base, location.origin).href,
    fetch: (request) => authorized(request, tokens, reachability),
  });
}

// authorized sends a request with the token, and once more with a new token if it is refused.
async function authorized(request: Request, tokens: Tokens, reachability: Reachability): Promise<Response> {
  // A body can be sent once, so the second attempt needs a copy of the request.
  const again = request.clone();
  const token = await granted(tokens.accessToken(), reachability);
  const response = await send(request, token, reachability);
  if (response.status !== 401) return response;
  const renewed = await granted(tokens.renew(token), reachability);
  const second = await send(again, renewed, reachability);
  if (second.status === 401) {
    tokens.end();
    throw new SessionEndedError();
  }
  return second;
}

// granted is a token, if the identity provider could be asked and gave one.
async function granted(asked: Promise<string | undefined>, reachability: Reachability): Promise<string> {
  let token: string | undefined;
  try {
    token = await asked;
  } catch (error) {
    reachability.failed();
    throw new NetworkError('The sign-in service cannot be reached.', { cause: error });
  }
  if (token === undefined) throw new SessionEndedError();
  return token;
}

async function send(request: Request, token: string, reachability: Reachability): Promise<Response> {
  request.headers.set('Authorization', `Bearer ${token}`);
  try {
    const response = await whole(await fetch(request));
    reachability.answered();
    return response;
  } catch (error) {
    if (isAbort(error)) throw error;
    reachability.failed();
    throw new NetworkError('The service cannot be reached.', { cause: error });
  }
}

// whole reads an answer to its end, where a connection can break as well as before its beginning.
async function whole(response: Response): Promise<Response> {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  const body = await response.arrayBuffer();
  // An answer of these statuses has no body (Fetch Standard, "null body status").
  return new Response([204, 205, 304].includes(status) ? null : body, { status, statusText, headers });
}

/** Answered is what is left of an answer that succeeded. */
export interface Answered<T> {
  data: T;
  etag: string | null;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** unwrap gives the body of an answer and throws an ApiError for what is no success. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<Answered<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A page of a proxy or of a hotel's network, with status 200.
    throw new NetworkError('The answer was not from the service.', { cause: error });
  }
  if (!answer.response.ok) throw errorOf(answer.response, answer.error);
  return { data: answer.data as T, etag: answer.response.headers.get('ETag') };
}
