import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { hasStatus, SessionEndedError } from '../api/errors.ts';
import { useApp } from '../app/context.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorPanel } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { deleteKitten, forget, keep, readKitten, type Versioned } from './data.ts';

/** DeleteDialog asks, says what goes with the kitten, and deletes the version that is shown. */
export function DeleteDialog({ versioned, onClose }: { versioned: Versioned; onClose: () => void }): JSX.Element {
  const { api } = useApp();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const [changed, setChanged] = useState(false);
  const [error, setError] = useState<unknown>();
  const { kitten } = versioned;

  const remove = async () => {
    if (deleting) return;
    setDeleting(true);
    setChanged(false);
    setError(undefined);
    try {
      await deleteKitten(api, versioned);
      gone(`${kitten.name} was deleted.`);
    } catch (e) {
      setDeleting(false);
      if (hasStatus(e, 404)) gone(`${kitten.name} had been deleted already.`);
      else if (hasStatus(e, 412)) await show();
      else if (e instanceof SessionEndedError) onClose();
      else setError(e);
    }
  };

  const gone = (text: string) => {
    forget(queries, kitten.kittenId);
    toast(text);
    navigate('/kittens', { replace: true });
  };

  // Nobody deletes what they have not seen: the new version is shown first.
  const show = async () => {
    try {
      keep(queries, await readKitten(api, kitten.kittenId));
      setChanged(true);
    } catch (e) {
      setError(e);
    }
  };

  return (
    <Dialog
      title={`Delete ${kitten.name}?`}
      onCancel={onClose}
      actions={
        <>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" class="button danger solid" aria-disabled={deleting} onClick={() => void remove()}>
            {deleting ? 'Deleting …' : 'Delete'}
          </button>
        </>
      }
    >
      {changed ? (
        <p class="notice" role="alert">
          Somebody else changed {kitten.name} just now. Look at the version behind this question before you delete it.
        </p>
      ) : null}
      <p>
        {kitten.photo ? 'The kitten and its photo are' : 'The kitten is'} removed for everybody. This cannot be undone.
      </p>
      {error === undefined ? null : <ErrorPanel error={error} what="It was not deleted" />}
    </Dialog>
  );
}
