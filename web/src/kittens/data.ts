import { infiniteQueryOptions, type QueryClient, queryOptions } from '@tanstack/preact-query';
import { type Api, unwrap } from '../api/client.ts';
import { patiently } from '../api/retry.ts';
import type { components } from '../api/schema.gen.ts';

export type Kitten = components['schemas']['Kitten'];
export type KittenItem = components['schemas']['KittenItem'];
export type KittenInput = components['schemas']['KittenInput'];
export type KittenList = components['schemas']['KittenList'];
export type Breed = components['schemas']['Breed'];

/** Versioned is a kitten with the ETag that a change of it has to state. */
export interface Versioned {
  kitten: Kitten;
  etag: string;
}

/** How many kittens a page of the list has. */
export const pageSize = 25;

const listKey = ['kittens'] as const;

/** The list, or with a query what a search finds. A newer query aborts the request of the one before. */
export function listQuery(api: Api, q: string) {
  return infiniteQueryOptions({
    queryKey: [...listKey, q],
    queryFn: async ({ pageParam, signal }): Promise<KittenList> => {
      const query = { limit: pageSize, ...(q === '' ? {} : { q }), ...(pageParam === '' ? {} : { cursor: pageParam }) };
      return (await unwrap(api.GET('/kittens', { params: { query }, signal }))).data;
    },
    // What was not found a moment ago may have been indexed since.
    ...(q === '' ? {} : { staleTime: 0 }),
    initialPageParam: '',
    getNextPageParam: (last) => last.cursor,
  });
}

export function kittenQuery(api: Api, id: string) {
  return queryOptions({
    queryKey: ['kitten', id],
    queryFn: ({ signal }) => readKitten(api, id, signal),
  });
}

export async function readKitten(api: Api, id: string, signal?: AbortSignal): Promise<Versioned> {
  const init = signal ? { signal } : {};
  return versioned(await unwrap(api.GET('/kittens/{kittenId}', { params: { path: { kittenId: id } }, ...init })));
}

export async function createKitten(api: Api, body: KittenInput): Promise<Versioned> {
  return patiently(async () => versioned(await unwrap(api.POST('/kittens', { body }))));
}

export async function replaceKitten(api: Api, id: string, etag: string, body: KittenInput): Promise<Versioned> {
  const params = { path: { kittenId: id }, header: { 'If-Match': etag } };
  return patiently(async () => versioned(await unwrap(api.PUT('/kittens/{kittenId}', { params, body }))));
}

export async function deleteKitten(api: Api, { kitten, etag }: Versioned): Promise<void> {
  const params = { path: { kittenId: kitten.kittenId }, header: { 'If-Match': etag } };
  await patiently(() => unwrap(api.DELETE('/kittens/{kittenId}', { params })));
}

// The ETag is the version in double quotes; a proxy may drop the header.
function versioned({ data, etag }: { data: Kitten; etag: string | null }): Versioned {
  return { kitten: data, etag: etag ?? `"${data.version}"` };
}

/** keep shows a kitten that was just read or written, and has lists fetched anew when they are shown next. */
export function keep(queries: QueryClient, versioned: Versioned): void {
  queries.setQueryData(['kitten', versioned.kitten.kittenId], versioned);
  void queries.invalidateQueries({ queryKey: listKey });
}

/** forget removes a kitten from everything that is shown. */
export function forget(queries: QueryClient, id: string): void {
  queries.removeQueries({ queryKey: ['kitten', id] });
  queries.setQueriesData<{ pages: KittenList[]; pageParams: unknown[] }>({ queryKey: listKey }, (list) =>
    list
      ? { ...list, pages: list.pages.map((p) => ({ ...p, items: p.items.filter((k) => k.kittenId !== id) })) }
      : undefined,
  );
  void queries.invalidateQueries({ queryKey: listKey });
}

/** Lists are not fetched anew for their pictures more often than this, in milliseconds. */
const renewalInterval = 30_000;

let renewed = Number.NEGATIVE_INFINITY;

/** renewLists fetches the lists that are shown anew, for the URLs of their pictures, which all expire at once. */
export function renewLists(queries: QueryClient, now = Date.now()): void {
  if (now - renewed < renewalInterval) return;
  renewed = now;
  void queries.invalidateQueries({ queryKey: listKey }, { cancelRefetch: false });
}

/** itemsOf is what the pages of a list have, each kitten once: it moves to another page when it is changed. */
export function itemsOf(pages: readonly KittenList[]): KittenItem[] {
  return [...new Map(pages.flatMap((p) => p.items).map((k) => [k.kittenId, k])).values()];
}

export function breedsQuery(api: Api) {
  return queryOptions({
    queryKey: ['breeds'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/breeds', { signal }))).data.items,
    staleTime: 10 * 60_000,
  });
}
