import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useApp } from '../app/context.ts';
import { unguard } from '../app/navigation.ts';
import { Dialog } from '../ui/dialog.tsx';

/** SessionEnded asks to sign in again. What is being edited is kept as a draft meanwhile. */
export function SessionEnded(): JSX.Element | null {
  const { session } = useApp();
  const [hidden, setHidden] = useState(false);
  if (hidden) {
    return (
      <div class="floating">
        <button type="button" class="button primary" onClick={() => setHidden(false)}>
          Your session has ended
        </button>
      </div>
    );
  }
  const signIn = () => {
    unguard();
    void session.signIn();
  };
  return (
    <Dialog
      title="Your session has ended"
      onCancel={() => setHidden(true)}
      actions={
        <>
          <button type="button" class="button" onClick={() => setHidden(true)}>
            Not now
          </button>
          <button type="button" class="button primary" onClick={signIn}>
            Sign in again
          </button>
        </>
      }
    >
      <p>Sign in again to continue where you are. What you have typed is kept.</p>
    </Dialog>
  );
}
