import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { navigate, useSearch } from 'wouter-preact/use-browser-location';
import { schemas } from '../api/contract.gen.ts';
import { formatNumber } from '../ui/format.ts';
import { CloseIcon, SearchIcon } from '../ui/icons.tsx';

/** How long typing has to pause before a search is sent, in milliseconds. */
const pause = 200;

/** Query is what is searched for: the words, and whether there are too many of them. */
export interface Query {
  q: string;
  tooLong: number | undefined;
}

/** How many characters a query may have, as the contract counts them. */
export const maxLength = schemas.SearchQuery.maxLength;

/** readQuery takes a text for what it is: words. White space at its ends means nothing. */
export function readQuery(text: string): Query {
  const q = text.trim();
  const length = [...q].length;
  return length > maxLength ? { q: '', tooLong: length } : { q, tooLong: undefined };
}

/** useQueryText is the query of the address. */
export function useQueryText(): string {
  // The router's own parameters are decoded twice, which changes what has a percent sign.
  return new URLSearchParams(useSearch()).get('q') ?? '';
}

function setQueryText(text: string): void {
  const to = text === '' ? '/kittens' : `/kittens?${new URLSearchParams({ q: text })}`;
  // While somebody types, the history keeps one entry: going back leaves the search, and not a letter of it.
  if (location.pathname + location.search !== to) navigate(to, { replace: true });
}

interface SearchFieldProps {
  text: string;
  onText: (text: string) => void;
  tooLong: number | undefined;
  /** Moves to the results. */
  onDown: () => void;
  onEnter: () => void;
}

/** useSearchText is the text of the field, which the address follows when typing pauses. */
export function useSearchText(): [string, (text: string) => void, (text: string) => void] {
  const inAddress = useQueryText();
  const [text, setText] = useState(inAddress);
  const written = useRef(inAddress);
  useEffect(() => {
    // The address changed by other means than typing, such as the history.
    if (inAddress !== written.current) {
      written.current = inAddress;
      setText(inAddress);
    }
  }, [inAddress]);
  const write = (value: string) => {
    const query = readQuery(value);
    if (query.tooLong !== undefined) return; // no address of any length
    written.current = query.q;
    setQueryText(query.q);
  };
  useEffect(() => {
    const timer = setTimeout(() => write(text), pause);
    return () => clearTimeout(timer);
  }, [text]);
  const setNow = (value: string) => {
    setText(value);
    write(value);
  };
  return [text, setText, setNow];
}

export function SearchField({ text, onText, tooLong, onDown, onEnter }: SearchFieldProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  useShortcut(input);
  const clear = () => {
    onText('');
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') onDown();
    else if (event.key === 'Escape' && text !== '') clear();
    else if (event.key === 'Enter') onEnter();
    else return;
    event.preventDefault();
  };
  return (
    <search class="search">
      <label for={id} class="visually-hidden">
        Search names, breeds and descriptions
      </label>
      <div class="search-box">
        <SearchIcon />
        <input
          ref={input}
          id={id}
          type="text"
          inputMode="search"
          enterkeyhint="search"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder="Name, breed or description"
          value={text}
          aria-invalid={tooLong !== undefined}
          aria-describedby={tooLong === undefined ? undefined : `${id}-problem`}
          aria-keyshortcuts={apple ? 'Meta+K' : 'Control+K'}
          dir="auto"
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {text === '' ? (
          <span class="key" aria-hidden="true">
            {apple ? '⌘ K' : 'Ctrl K'}
          </span>
        ) : (
          <button type="button" class="button quiet square" aria-label="Clear the search" onClick={clear}>
            <CloseIcon />
          </button>
        )}
      </div>
      <TooLong id={`${id}-problem`} length={tooLong} />
    </search>
  );
}

/** The region is there before its text, so that this is announced. */
function TooLong({ id, length }: { id: string; length: number | undefined }): JSX.Element {
  return (
    <div role="alert">
      {length === undefined ? null : (
        <p class="field-problem" id={id}>
          A search has at most {maxLength} characters; these are {formatNumber(length)}. Shorten it to search.
        </p>
      )}
    </div>
  );
}

/** Whether the keyboard is one of Apple's, where Control+K is a command of text fields. */
const apple = /^(Mac|iP)/.test(navigator.platform);

/**
 * useShortcut lets Ctrl+K or ⌘K lead to the field from everywhere but a dialog. A key without a modifier would be
 * pressed by what people dictate (WCAG 2.2, 2.1.4).
 */
function useShortcut(input: { current: HTMLInputElement | null }): void {
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const modified = apple ? event.metaKey : event.ctrlKey;
      if (event.key.toLowerCase() !== 'k' || !modified || event.altKey || event.shiftKey || event.isComposing) return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, [input]);
}
