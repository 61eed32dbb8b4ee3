import type { JSX } from 'preact';
import { Store, useStore } from './store.ts';

/** What a screen reader is told without a change of focus. */
const message = new Store('');

/** announce has screen readers say a text when they are done with what they say. */
export function announce(text: string): void {
  // The same text again is no change of the region: a space makes it one.
  message.value = text !== '' && message.value === text ? `${text} ` : text;
}

export function Announcer(): JSX.Element {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {useStore(message)}
    </div>
  );
}
