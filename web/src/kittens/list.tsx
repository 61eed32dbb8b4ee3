import { keepPreviousData, useInfiniteQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { hasStatus } from '../api/errors.ts';
import { useAccount, useApp } from '../app/context.ts';
import { arrivedBy } from '../app/navigation.ts';
import { Page } from '../app/page.tsx';
import { may } from '../auth/account.ts';
import { NotAllowed } from '../auth/allowed.tsx';
import { announce } from '../ui/announce.tsx';
import { plural } from '../ui/format.ts';
import { PhotoIcon, PlusIcon, SearchIcon, WarningIcon } from '../ui/icons.tsx';
import { Empty, ErrorPanel } from '../ui/states.tsx';
import { useBreeds } from './breeds.ts';
import { itemsOf, type KittenList, listQuery } from './data.ts';
import { KittenRow, SkeletonRows } from './row.tsx';
import { readQuery, SearchField, useQueryText, useSearchText } from './search.tsx';

/** The kitten that was opened from the list last, where going back continues. */
let lastOpened: string | undefined;

/** KittensPage is the list with its search. */
export function KittensPage(): JSX.Element {
  const { api } = useApp();
  const account = useAccount();
  const [text, setText, setTextNow] = useSearchText();
  const asked = readQuery(useQueryText());
  const tooLong = readQuery(text).tooLong ?? asked.tooLong;
  const list = useInfiniteQuery({
    ...listQuery(api, asked.q),
    placeholderData: keepPreviousData,
    enabled: tooLong === undefined,
  });
  const results = useRef<HTMLDivElement>(null);
  useReturn(results, list.data !== undefined);
  if (hasStatus(list.error, 403)) return <NotAllowed operation="kittensGet" />;
  const add = may(account, 'kittensPost') ? (
    <Link href="/kittens/new" class="button primary">
      <PlusIcon />
      Add a kitten
    </Link>
  ) : null;
  return (
    <Page title="Kittens" documentTitle={asked.q === '' ? 'Kittens' : `“${asked.q}” in kittens`} actions={add}>
      <SearchField
        text={text}
        onText={setText}
        tooLong={tooLong}
        onDown={() => links(results.current)[0]?.focus()}
        onEnter={() => {
          setTextNow(text);
          // Asking for the same once more is asking for what is new.
          if (readQuery(text).q === asked.q && tooLong === undefined) void list.refetch();
        }}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the links inside, which stay ordinary links */}
      <div ref={results} onKeyDown={moveByArrows} onClick={rememberOpened}>
        {tooLong === undefined ? <Results q={asked.q} list={list} canAdd={add !== null} /> : null}
      </div>
    </Page>
  );
}

type List = ReturnType<typeof useInfiniteQuery<KittenList>>;

interface ResultsProps {
  q: string;
  list: Pick<
    List,
    | 'error'
    | 'isError'
    | 'isPending'
    | 'isPlaceholderData'
    | 'isFetching'
    | 'isFetchNextPageError'
    | 'isFetchingNextPage'
    | 'hasNextPage'
  > & { data: { pages: KittenList[] } | undefined; refetch: () => unknown; fetchNextPage: () => Promise<unknown> };
  canAdd: boolean;
}

function Results({ q, list, canAdd }: ResultsProps): JSX.Element {
  const breeds = useBreeds();
  const pages = list.data?.pages ?? [];
  const items = itemsOf(pages);
  const search = pages[0]?.search;
  const filtered = q !== '' && search?.available !== false;
  useCount(list, items.length, filtered ? q : '');
  if (list.isPending) return <SkeletonRows count={8} />;
  return (
    <>
      {list.isError && !list.isFetchNextPageError ? (
        <ErrorPanel
          error={list.error}
          what={list.data ? 'The list could not be brought up to date' : 'The list could not be loaded'}
          onRetry={() => void list.refetch()}
          retrying={list.isFetching}
        />
      ) : null}
      {search?.available === false ? (
        <div class="panel warning" role="status">
          <WarningIcon />
          <p>{search.message ?? 'Search is not available at the moment. The list is not filtered.'}</p>
        </div>
      ) : null}
      {list.data && items.length === 0 ? <Nothing q={filtered ? q : ''} canAdd={canAdd} /> : null}
      {items.length > 0 ? (
        <ul class={list.isPlaceholderData ? 'rows stale' : 'rows'} aria-busy={list.isPlaceholderData}>
          {items.map((k) => (
            <KittenRow key={k.kittenId} kitten={k} breeds={breeds} />
          ))}
        </ul>
      ) : null}
      <More list={list} count={items.length} />
    </>
  );
}

/** Tells how many there are whenever that changes, and for every other query. */
function useCount(list: ResultsProps['list'], count: number, q: string): void {
  const settled = list.data !== undefined && !list.isPlaceholderData && !list.isError;
  const more = list.hasNextPage;
  useEffect(() => {
    if (!settled) return;
    const shown = q !== '' ? `${plural(count, 'kitten')} found` : `${plural(count, 'kitten')}`;
    announce(more ? `${shown}, and there are more` : shown);
  }, [settled, count, q, more]);
}

function Nothing({ q, canAdd }: { q: string; canAdd: boolean }): JSX.Element {
  if (q !== '') {
    return (
      <div class="card">
        <Empty icon={<SearchIcon />} title="Nothing found">
          <p>
            No kitten has{' '}
            <strong class="quoted">
              “<bdi>{q}</bdi>”
            </strong>{' '}
            in its name, breed or description.
          </p>
        </Empty>
      </div>
    );
  }
  const add = canAdd ? (
    <Link href="/kittens/new" class="button primary">
      <PlusIcon />
      Add the first kitten
    </Link>
  ) : undefined;
  return (
    <div class="card">
      <Empty icon={<PhotoIcon />} title="No kittens yet" actions={add}>
        <p>
          {canAdd ? 'Kittens that you add are listed here.' : 'Kittens are listed here as soon as somebody adds them.'}
        </p>
      </Empty>
    </div>
  );
}

// The button keeps focus and place while more is loaded. When there is no more it goes, and the first of
// the new kittens is where to continue.
function More({ list, count }: { list: ResultsProps['list']; count: number }): JSX.Element | null {
  const button = useRef<HTMLButtonElement>(null);
  const focusNew = useRef<number>();
  useLayoutEffect(() => {
    const from = focusNew.current;
    if (from === undefined || count <= from) return;
    focusNew.current = undefined;
    if (!list.hasNextPage) links(document.querySelector('.rows'))[from]?.focus({ preventScroll: true });
  }, [count, list.hasNextPage]);
  if (!list.hasNextPage || list.isPlaceholderData) return null;
  const load = () => {
    if (list.isFetchingNextPage) return;
    focusNew.current = count;
    void list.fetchNextPage();
  };
  return (
    <div class="more">
      {list.isFetchNextPageError ? <ErrorPanel error={list.error} what="More kittens could not be loaded" /> : null}
      <button type="button" class="button" ref={button} aria-disabled={list.isFetchingNextPage} onClick={load}>
        {list.isFetchingNextPage ? <span class="spinner small" /> : null}
        {list.isFetchingNextPage ? 'Loading …' : 'Load more'}
      </button>
    </div>
  );
}

function links(within: Element | null): HTMLAnchorElement[] {
  return [...(within?.querySelectorAll<HTMLAnchorElement>('a[data-kitten]') ?? [])];
}

function moveByArrows(event: JSX.TargetedKeyboardEvent<HTMLDivElement>): void {
  const all = links(event.currentTarget);
  const at = (all as Element[]).indexOf(document.activeElement ?? document.body);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  if (to < 0) document.querySelector<HTMLInputElement>('.search input')?.focus();
  else all[to]?.focus();
}

function rememberOpened(event: JSX.TargetedMouseEvent<HTMLDivElement>): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>('a[data-kitten]') : null;
  if (link) lastOpened = link.dataset.kitten;
}

/** useReturn continues at the kitten that was opened, when the browser's history leads back to the list. */
function useReturn(results: { current: HTMLDivElement | null }, ready: boolean): void {
  useLayoutEffect(() => {
    if (!ready || lastOpened === undefined || arrivedBy() !== 'history') return;
    const link = links(results.current).find((l) => l.dataset.kitten === lastOpened);
    lastOpened = undefined;
    link?.focus({ preventScroll: true });
  }, [ready]);
}
