import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * useKeptFocus is for a part of the page that changes under who uses it. When what has the focus in the part is taken
 * away, the focus goes to the part, or to where otherwise leads, and does not fall out of the page.
 */
export function useKeptFocus<T extends HTMLElement>(otherwise?: () => void): RefObject<T> {
  const part = useRef<T>(null);
  // This is before the change, and the effect after it.
  const had = part.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (!had || (document.activeElement !== null && document.activeElement !== document.body)) return;
    if (otherwise) otherwise();
    else part.current?.focus();
  });
  return part;
}
