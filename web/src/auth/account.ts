import type { User } from 'oidc-client-ts';
import { operations } from '../api/contract.gen.ts';

/** Operation of the API, by its id in the contract. */
export type Operation = keyof typeof operations;

/** Account is who is signed in, and what the identity provider granted. */
export interface Account {
  subject: string;
  /** Name for people. */
  name: string;
  /** Name that the user signs in with, if the provider tells it. */
  userName: string | undefined;
  scopes: ReadonlySet<string>;
  /** Whether the user is of this page's tenant. */
  member: boolean;
}

/** accountOf reads a user. The scope asked for names the tenant's billing account. */
export function accountOf(user: User, askedScope: string): Account {
  const scopes = new Set(words(user.scope ?? ''));
  const { sub, name, preferred_username: userName, email } = user.profile;
  return {
    subject: sub,
    name: name ?? userName ?? email ?? sub,
    userName: userName ?? email,
    scopes,
    member: words(askedScope)
      .filter((s) => s.startsWith('account:'))
      .every((s) => scopes.has(s)),
  };
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** may says whether the account has the scopes of an operation. The API decides; this is for what to show. */
export function may(account: Account, operation: Operation): boolean {
  return missing(account, operation).length === 0;
}

/** missing is which scopes an operation needs beside those that were granted: of several ways, the shortest. */
export function missing(account: Account, operation: Operation): string[] {
  const ways = operations[operation].map((way) => way.filter((scope) => !account.scopes.has(scope)));
  return ways.reduce<string[]>((best, way) => (way.length < best.length ? [...way] : best), [...(ways[0] ?? [])]);
}
