import type { JSX } from 'preact';

/** Part of a text, and whether the search found it. */
export interface Part {
  text: string;
  found: boolean;
}

/**
 * Reads a fragment of a search: HTML-escaped, with what matched between <em> and </em>. The document that the
 * parser makes is inert, and only its text is used, so that a fragment which is not escaped does nothing either.
 */
export function parseFragment(fragment: string): Part[] {
  const body = new DOMParser().parseFromString(fragment, 'text/html').body;
  const parts: Part[] = [];
  for (const node of body.childNodes) {
    const text = node.textContent ?? '';
    if (text !== '') parts.push({ text, found: node.nodeName === 'EM' });
  }
  return parts;
}

/** Highlighted shows fragments with what was found marked. */
export function Highlighted({ fragments }: { fragments: readonly string[] }): JSX.Element {
  return (
    <>
      {fragments.map((fragment, i) => (
        // Fragments have no identity but their place.
        <span key={i}>
          {i > 0 ? ' … ' : ''}
          {parseFragment(fragment).map((part) => (part.found ? <mark>{part.text}</mark> : part.text))}
        </span>
      ))}
    </>
  );
}
