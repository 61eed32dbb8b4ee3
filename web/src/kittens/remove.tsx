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

interface DeleteProps {
  versioned: Versioned;
  onClose: () => void;
}

/** DeleteDialog asks, says what goes with the kitten, and deletes the version that is shown. */
export function DeleteDialog(props: DeleteProps): JSX.Element {
  const { deleting, changed, error, remove } = useDelete(props);
  const { kitten } = props.versioned;
  return (
    <Dialog
      title={`Delete ${kitten.name}?`}
      onCancel={props.onClose}
      actions={
        <>
          <button type="button" class="button" onClick={props.onClose}>
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

function useDelete({ versioned, onClose }: DeleteProps) {
  const { api } = useApp();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const [changed, setChanged] = useState(false);
  const [error, setError] = useState<unknown>();
  const { kitten } = versioned;

  const gone = (text: string) => {
    forget(queries, kitten.kittenId);
    toast(text);
    navigate('/kittens', { replace: true });
  };

  const fail = async (failure: unknown) => {
    setDeleting(false);
    if (hasStatus(failure, 404)) gone(`${kitten.name} had been deleted already.`);
    else if (failure instanceof SessionEndedError) onClose();
    else if (hasStatus(failure, 412)) {
      // Nobody deletes what they have not seen: the new version is shown first.
      keep(queries, await readKitten(api, kitten.kittenId));
      setChanged(true);
    } else setError(failure);
  };

  const remove = async () => {
    if (deleting) return;
    setDeleting(true);
    setChanged(false);
    setError(undefined);
    try {
      await deleteKitten(api, versioned);
      gone(`${kitten.name} was deleted.`);
    } catch (failure) {
      await fail(failure).catch(setError);
    }
  };

  return { deleting, changed, error, remove };
}
