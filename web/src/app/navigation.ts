import { useEffect } from 'preact/hooks';
import type { AroundNavHandler } from 'wouter-preact';
import { Store } from '../ui/store.ts';

/** How the page that is shown was come to: by loading it, by a link, or by the browser's history. */
let arrival: 'load' | 'link' | 'history' = 'load';

export function arrivedBy(): typeof arrival {
  return arrival;
}

/** Departure waits for the answer whether to leave what is not done. */
export interface Departure {
  /** What was asked for: another page, or the end of the session. */
  way: 'leave' | 'signOut';
  /** What becomes of what is not done. */
  text: string;
  leave: () => void;
  stay: () => void;
}

/** departure is what the user is being asked, if anything. */
export const departure = new Store<Departure | undefined>(undefined);

/** Guard is something that is not done: where, and what becomes of it by each way out. */
interface Guard {
  url: string;
  texts: Record<Departure['way'], string>;
}

/** What is not done at the moment, the latest last. */
const guards = new Set<Guard>();

function latest(): Guard | undefined {
  return [...guards].at(-1);
}

function ask(way: Departure['way'], text: string, proceed: () => void): void {
  departure.value = {
    way,
    text,
    stay: () => {
      departure.value = undefined;
    },
    leave: () => {
      unguard();
      proceed();
    },
  };
}

/** aroundNav is asked by the router before it follows a link. */
export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  const go = () => {
    // The root has no page of its own: where it leads is still the first page.
    if (!(options?.replace && location.pathname === '/')) arrival = 'link';
    navigate(to, options);
  };
  const guard = latest();
  if (guard === undefined || options?.replace) go();
  else ask('leave', guard.texts.leave, go);
};

/**
 * beforeSignOut ends the session by end, after a question if that takes something away: what the page has not done,
 * or else what left says is lying about elsewhere.
 */
export function beforeSignOut(left: string | undefined, end: () => void): void {
  const text = latest()?.texts.signOut ?? left;
  if (text === undefined) end();
  else ask('signOut', text, end);
}

/** watchHistory has to be called before the router listens, so that it can keep an event from it. */
export function watchHistory(): void {
  addEventListener('popstate', (event) => {
    const guard = latest();
    if (guard !== undefined && location.pathname + location.search !== guard.url) {
      // The browser is there already: this page becomes the next entry again, as it was.
      event.stopImmediatePropagation();
      history.pushState(null, '', guard.url);
      ask('leave', guard.texts.leave, () => history.back());
      return;
    }
    arrival = 'history';
  });
  addEventListener('beforeunload', (event) => {
    if (guards.size > 0) event.preventDefault();
  });
}

/**
 * useGuard warns before the page is left while something is not done: unsaved changes, a file on its way. The text
 * says what becomes of it, and signOut what does if the session is ended.
 */
export function useGuard(undone: boolean, text: string, signOut = text): void {
  useEffect(() => {
    if (!undone) return;
    const guard: Guard = { url: location.pathname + location.search, texts: { leave: text, signOut } };
    guards.add(guard);
    // Whoever is being asked reads what is true by now.
    if (departure.value) departure.value = { ...departure.value, text: guard.texts[departure.value.way] };
    return () => {
      guards.delete(guard);
    };
  }, [undone, text, signOut]);
}

/** unguard lets the page be left without a question, for what was saved or is kept as a draft. */
export function unguard(): void {
  guards.clear();
  departure.value = undefined;
}
