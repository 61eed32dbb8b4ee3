import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  /** Called when the dialog is to close without an answer, by Escape. */
  onCancel: () => void;
  /** What can be done; the first one is what Escape or nothing at all would do. */
  actions: ComponentChildren;
  children: ComponentChildren;
}

/** Dialog is shown above the page as long as it is rendered, and keeps the focus in it. */
export function Dialog({ title, onCancel, actions, children }: DialogProps): JSX.Element {
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
        onCancel();
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
