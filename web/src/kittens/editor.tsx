import { useQuery, useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { hasStatus } from '../api/errors.ts';
import { useAccount, useApp } from '../app/context.ts';
import { unguard, useGuard } from '../app/navigation.ts';
import { NotFound } from '../app/notFound.tsx';
import { focusHeading, Page } from '../app/page.tsx';
import { NotAllowed } from '../auth/allowed.tsx';
import { useKeptFocus } from '../ui/focus.ts';
import { ErrorPanel } from '../ui/states.tsx';
import { useStore } from '../ui/store.ts';
import { toast } from '../ui/toast.tsx';
import { useBreeds } from './breeds.ts';
import { ConflictView } from './conflictView.tsx';
import { keep, kittenQuery } from './data.ts';
import { type Draft, draftKey, readDraft } from './drafts.ts';
import { type Editing, editingOf } from './editing.ts';
import { editable, emptyValues, valuesOf } from './fields.ts';
import { KittenForm } from './form.tsx';

/** NewKittenPage adds a kitten. */
export function NewKittenPage(): JSX.Element {
  const account = useAccount();
  return <Editor draft={draftKey(account.subject, 'new')} start={{ values: emptyValues }} />;
}

/** EditKittenPage changes a kitten. A draft goes on with the version that it was begun with. */
export function EditKittenPage({ id }: { id: string }): JSX.Element {
  const { api } = useApp();
  const account = useAccount();
  const breeds = useBreeds();
  const key = draftKey(account.subject, id);
  const [draft] = useState(() => readDraft(key));
  const query = useQuery({ ...kittenQuery(api, id), enabled: draft === undefined, staleTime: 0 });
  // What is being edited does not change under the hands of who edits it.
  const begun = useRef<Draft | undefined>(draft);
  if (begun.current === undefined && query.data && !query.isFetching) {
    const input = editable(query.data.kitten);
    begun.current = { values: valuesOf(input, breeds), base: { etag: query.data.etag, input } };
  }
  if (begun.current) return <Editor draft={key} id={id} start={begun.current} />;
  if (hasStatus(query.error, 404)) return <NotFound what="There is no such kitten." />;
  if (hasStatus(query.error, 403)) return <NotAllowed operation="kittenGet" />;
  const problem = query.isError ? (
    <ErrorPanel
      error={query.error}
      what="The kitten could not be loaded"
      onRetry={() => void query.refetch()}
      retrying={query.isFetching}
    />
  ) : null;
  return (
    <Page title="Edit" parent={{ href: `/kittens/${id}`, name: 'Kitten' }} narrow>
      {problem ?? <FormSkeleton />}
    </Page>
  );
}

function FormSkeleton(): JSX.Element {
  return (
    <div class="card padded form" aria-busy="true">
      <p class="visually-hidden">Loading …</p>
      {[1, 2, 3].map((n) => (
        <div class="field" key={n}>
          <span class="skeleton line short" />
          <span class="skeleton control" />
        </div>
      ))}
    </div>
  );
}

interface EditorProps {
  /** Where the draft is kept. */
  draft: string;
  id?: string;
  start: Draft;
}

/**
 * useEditing is the editing of a page, which ends at the page of the kitten that was saved. If the page is left
 * meanwhile, how saving ends is told wherever the user is.
 */
function useEditing({ draft, id, start }: EditorProps): Editing {
  const { api } = useApp();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const editing = useMemo(
    () =>
      editingOf({
        api,
        id,
        draft,
        start,
        onSaved: (saved, added) => {
          keep(queries, saved);
          toast(
            <>
              <bdi>{saved.kitten.name}</bdi> was {added ? 'added' : 'saved'}.
            </>,
          );
        },
        onUnsaved: ({ name }, why) =>
          toast(
            <>
              <bdi>{name}</bdi> was not saved. {why} What you typed is there when you open the form again.
            </>,
            'problem',
          ),
      }),
    [draft],
  );
  useLayoutEffect(() => {
    editing.onward = ({ kitten }) => {
      unguard();
      navigate(`/kittens/${kitten.kittenId}`, { replace: true });
    };
    return () => {
      editing.onward = undefined;
    };
  }, [editing]);
  editing.breeds = useBreeds();
  return editing;
}

/** What becomes of a form by each way out. */
const undone = {
  changed: {
    leave: 'Your changes are not saved. They are kept in this tab as a draft until you sign out or close it.',
    signOut: 'Your changes are not saved. Signing out removes them.',
  },
  saving: {
    leave: 'Saving is not finished. It goes on if you leave, and you are told how it ends.',
    signOut: 'Saving is not finished. If you sign out now, your changes may be lost.',
  },
};

function Editor(props: EditorProps): JSX.Element {
  const { id } = props;
  const editing = useEditing(props);
  const state = useStore(editing);
  const { base, changed } = editing;
  const content = useKeptFocus<HTMLDivElement>(focusHeading);
  const texts = state.saving ? undone.saving : undone.changed;
  useGuard(changed || state.saving, texts.leave, texts.signOut);
  if (hasStatus(state.error, 403)) return <NotAllowed operation={id === undefined ? 'kittensPost' : 'kittenPut'} />;
  const name = base?.input.name ?? 'Kitten';
  const heading =
    id === undefined ? undefined : (
      <>
        Edit <bdi>{name}</bdi>
      </>
    );
  const isNew = id === undefined || state.gone;
  const parent = isNew ? { href: '/kittens', name: 'Kittens' } : { href: `/kittens/${id}`, name };
  return (
    <Page title={id === undefined ? 'Add a kitten' : `Edit ${name}`} heading={heading} parent={parent} narrow>
      <div ref={content}>
        {state.restored && changed && !state.conflict ? <Restored onDiscard={() => editing.discard()} /> : null}
        {state.error === undefined ? null : (
          <ErrorPanel
            error={state.error}
            what="The kitten was not saved"
            onRetry={state.conflict ? undefined : () => void editing.save()}
          />
        )}
        {state.gone ? <Gone /> : null}
        {state.conflict ? (
          <ConflictView
            key={state.conflict.current.etag}
            conflict={state.conflict}
            saving={state.saving}
            onSave={(input) => void editing.resolve(input)}
            onBack={() => editing.back()}
          />
        ) : (
          <KittenForm
            state={state}
            onChange={(values) => editing.change(values)}
            onSave={() => void editing.save()}
            breedOf={(text) => editing.breedOf(text)}
            saveText={state.gone ? 'Add it again' : id === undefined ? 'Add' : 'Save'}
            cancel={
              <Link href={parent.href} class="button">
                Cancel
              </Link>
            }
          />
        )}
      </div>
    </Page>
  );
}

function Restored({ onDiscard }: { onDiscard: () => void }): JSX.Element {
  return (
    <div class="panel info" role="status">
      <div class="panel-text">
        <p>What you had typed before is here again. It is not saved yet.</p>
        <button type="button" class="button" onClick={onDiscard}>
          Discard it
        </button>
      </div>
    </div>
  );
}

function Gone(): JSX.Element {
  return (
    <div class="panel warning" role="alert">
      <div class="panel-text">
        <p class="panel-title">This kitten was deleted in the meantime</p>
        <p>What you typed is still here. You can add it again as a new kitten; it has no photo then.</p>
      </div>
    </div>
  );
}
