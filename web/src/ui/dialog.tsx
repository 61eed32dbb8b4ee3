import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  title: ComponentChildren;
  /** Called when the dialog is to close without an answer, by Escape. */
  onCancel: () => void;
  /** Whether what was answered goes on, so that the dialog stays. */
  busy?: boolean;
  /** What can be done; the first one is what Escape or nothing at all would do. */
  actions: ComponentChildren;
  children: ComponentChildren;
}

/** Dialog is shown above the page as long as it is rendered, and keeps the focus in it. */
export function Dialog({ title, onCancel, busy = false, actions, children }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const textId = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={titleId}
      aria-describedby={textId}
      onCancel={(event) => {
        event.preventDefault();
        if (!busy) onCancel();
      }}
      onClose={() => {
        // Browsers ask once, and close at the next Escape. A dialog that is gone has no ref.
        if (busy) ref.current?.showModal();
        else if (ref.current) onCancel();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      <div id={textId} class="dialog-text">
        {children}
      </div>
      <div class="actions">{actions}</div>
    </dialog>
  );
}
