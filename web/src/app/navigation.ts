import { useEffect } from 'preact/hooks';
import type { AroundNavHandler } from 'wouter-preact';
import { Store } from '../ui/store.ts';

/** How the page that is shown was come to: by loading it, by a link, or by the browser's history. */
let arrival: 'load' | 'link' | 'history' = 'load';

export function arrivedBy(): typeof arrival {
  return arrival;
}

/** Departure waits for the answer whether to leave unsaved changes. */
export interface Departure {
  /** What becomes of what is not done. */
  text: string;
  leave: () => void;
  stay: () => void;
}

/** departure is what the user is being asked, if anything. */
export const departure = new Store<Departure | undefined>(undefined);

/** The URL with something that is not done, and what becomes of that. */
let guarded: { url: string; text: string } | undefined;

function ask(text: string, proceed: () => void): void {
  departure.value = {
    text,
    stay: () => {
      departure.value = undefined;
    },
    leave: () => {
      departure.value = undefined;
      guarded = undefined;
      proceed();
    },
  };
}

/** aroundNav is asked by the router before it follows a link. */
export const aroundNav: AroundNavHandler = (navigate, to, options) => {
  const go = () => {
    // The first page stays the first if it only has another address.
    if (!(options?.replace && arrival === 'load')) arrival = 'link';
    navigate(to, options);
  };
  if (guarded === undefined || options?.replace) go();
  else ask(guarded.text, go);
};

/** watchHistory has to be called before the router listens, so that it can keep an event from it. */
export function watchHistory(): void {
  addEventListener('popstate', (event) => {
    if (guarded !== undefined && location.pathname + location.search !== guarded.url) {
      // The browser is there already: this page becomes the next entry again, as it was.
      event.stopImmediatePropagation();
      history.pushState(null, '', guarded.url);
      ask(guarded.text, () => history.back());
      return;
    }
    arrival = 'history';
  });
  addEventListener('beforeunload', (event) => {
    if (guarded !== undefined) event.preventDefault();
  });
}

/** useGuard warns before the page is left while something is not done: unsaved changes, a file on its way. */
export function useGuard(undone: boolean, text: string): void {
  useEffect(() => {
    if (!undone) return;
    const here = { url: location.pathname + location.search, text };
    guarded = here;
    return () => {
      if (guarded === here) guarded = undefined;
    };
  }, [undone, text]);
}

/** unguard lets the page be left without a question, for what was saved or is kept as a draft. */
export function unguard(): void {
  guarded = undefined;
}
