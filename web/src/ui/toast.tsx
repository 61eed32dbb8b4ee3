import type { ComponentChildren, JSX } from 'preact';
import { CheckIcon, CloseIcon, WarningIcon } from './icons.tsx';
import { Store, useStore } from './store.ts';

/** Kind of a message: something that is done, or a problem with something that nobody looks at any more. */
type Kind = 'done' | 'problem';

interface Message {
  id: number;
  kind: Kind;
  content: ComponentChildren;
}

/** Long enough to be read twice, in milliseconds. */
const shownFor = 8000;

const messages = new Store<readonly Message[]>([]);
let last = 0;

/** toast tells how something ended. What is done goes away by itself; a problem stays until it is dismissed. */
export function toast(content: ComponentChildren, kind: Kind = 'done'): void {
  const message = { id: ++last, kind, content };
  messages.value = [...messages.value.slice(-2), message];
  if (kind === 'done') setTimeout(() => dismiss(message.id), shownFor);
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
          {m.kind === 'done' ? <CheckIcon /> : <WarningIcon />}
          <p>{m.content}</p>
          <button type="button" class="button quiet square" aria-label="Dismiss" onClick={() => dismiss(m.id)}>
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  );
}
