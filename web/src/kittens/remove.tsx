import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { hasStatus, SessionEndedError, sentenceOf } from '../api/errors.ts';
import { useApp } from '../app/context.ts';
import { unguard, useGuard } from '../app/navigation.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useShown } from '../ui/shown.ts';
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
      title={
        <>
          Delete <bdi>{kitten.name}</bdi>?
        </>
      }
      onCancel={props.onClose}
      busy={deleting}
      actions={
        <>
          <button type="button" class="button" aria-disabled={deleting} onClick={() => deleting || props.onClose()}>
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
          Somebody else changed <bdi>{kitten.name}</bdi> just now. Look at the version behind this question before you
          delete it.
        </p>
      ) : null}
      <p>
        {kitten.photo ? 'The kitten and its photo are' : 'The kitten is'} removed for everybody. This cannot be undone.
      </p>
      {error === undefined ? null : <ErrorPanel error={error} what="It was not deleted" />}
    </Dialog>
  );
}

const signingOut = 'Deleting is not finished. If you sign out now, the kitten may stay.';

function useDelete({ versioned, onClose }: DeleteProps) {
  const { api } = useApp();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const [changed, setChanged] = useState(false);
  const [error, setError] = useState<unknown>();
  const shown = useShown();
  const { kitten } = versioned;
  const name = <bdi>{kitten.name}</bdi>;
  useGuard(deleting, 'Deleting is not finished. It goes on if you leave, and you are told how it ends.', signingOut);

  const gone = (what: string) => {
    forget(queries, kitten.kittenId);
    toast(
      <>
        {name} {what}
      </>,
    );
    // What is deleted has no page any more, whatever that page shows by now.
    if (location.pathname !== `/kittens/${kitten.kittenId}`) return;
    unguard();
    navigate('/kittens', { replace: true });
  };

  const fail = async (failure: unknown) => {
    setDeleting(false);
    if (hasStatus(failure, 404)) return gone('had been deleted already.');
    const changedByOthers = hasStatus(failure, 412);
    if (!shown.current) toast(<Kept name={name} changed={changedByOthers} error={failure} />, 'problem');
    else if (failure instanceof SessionEndedError) return onClose();
    if (changedByOthers) {
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
      gone('was deleted.');
    } catch (failure) {
      await fail(failure).catch(setError);
    }
  };

  return { deleting, changed, error, remove };
}

interface KeptProps {
  name: JSX.Element;
  changed: boolean;
  error: unknown;
}

/** Kept says why a kitten is still there to somebody who does not look at it any more. */
function Kept({ name, changed, error }: KeptProps): JSX.Element {
  return (
    <>
      {name} was not deleted. {changed ? 'Somebody else changed it in the meantime.' : sentenceOf(error)}
    </>
  );
}
