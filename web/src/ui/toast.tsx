import type { JSX } from 'preact';
import { CheckIcon, CloseIcon } from './icons.tsx';
import { Store, useStore } from './store.ts';

interface Message {
  id: number;
  text: string;
}

/** Long enough to be read twice, in milliseconds. */
const shownFor = 8000;

const messages = new Store<readonly Message[]>([]);
let last = 0;

/** toast confirms something that is done, and goes away by itself. */
export function toast(text: string): void {
  const message = { id: ++last, text };
  messages.value = [...messages.value.slice(-2), message];
  setTimeout(() => dismiss(message.id), shownFor);
}

function dismiss(id: number): void {
  messages.value = messages.value.filter((m) => m.id !== id);
}

export function Toaster(): JSX.Element {
  const shown = useStore(messages);
  return (
    <div class="toaster" role="status" aria-live="polite">
      {shown.map((m) => (
        <div class="toast" key={m.id}>
          <CheckIcon />
          <p>{m.text}</p>
          <button type="button" class="button quiet square" aria-label="Dismiss" onClick={() => dismiss(m.id)}>
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
