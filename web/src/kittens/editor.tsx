import { useQuery, useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { hasStatus, SessionEndedError } from '../api/errors.ts';
import { useAccount, useApp } from '../app/context.ts';
import { unguard, useGuard } from '../app/navigation.ts';
import { NotFound } from '../app/notFound.tsx';
import { Page } from '../app/page.tsx';
import { NotAllowed } from '../auth/allowed.tsx';
import { ErrorPanel } from '../ui/states.tsx';
import { toast } from '../ui/toast.tsx';
import { useBreeds } from './breeds.ts';
import { ConflictView } from './conflictView.tsx';
import { createKitten, type KittenInput, keep, kittenQuery, type Versioned } from './data.ts';
import { type Draft, draftKey, readDraft, removeDraft, writeDraft } from './drafts.ts';
import { editable, emptyValues, inputOf, type Values, valuesOf } from './fields.ts';
import { KittenForm } from './form.tsx';
import { saveOver } from './save.ts';
import { type Faults, faultsOf, validate } from './validate.ts';

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
  const begun = useRef<Draft>();
  if (draft) begun.current ??= draft;
  else if (query.data && !query.isFetching) begun.current ??= draftOf(query.data);
  if (begun.current) return <Editor draft={key} id={id} start={begun.current} />;
  if (hasStatus(query.error, 404)) return <NotFound what="There is no such kitten." />;
  if (hasStatus(query.error, 403)) return <NotAllowed operation="kittenGet" />;
  return (
    <Page title="Edit" parent={{ href: `/kittens/${id}`, name: 'Kitten' }} narrow>
      {query.isError ? (
        <ErrorPanel
          error={query.error}
          what="The kitten could not be loaded"
          onRetry={() => void query.refetch()}
          retrying={query.isFetching}
        />
      ) : (
        <div class="card padded form" aria-busy="true">
          <p class="visually-hidden">Loading …</p>
          {[1, 2, 3].map((n) => (
            <div class="field" key={n}>
              <span class="skeleton line short" />
              <span class="skeleton control" />
            </div>
          ))}
        </div>
      )}
    </Page>
  );

  function draftOf(versioned: Versioned): Draft {
    const input = editable(versioned.kitten);
    return { values: valuesOf(input, breeds), base: { etag: versioned.etag, input } };
  }
}

interface EditorProps {
  /** Where the draft is kept. */
  draft: string;
  id?: string;
  start: Draft;
}

/** Conflict is a version that was saved by somebody else, and mine that was not. */
interface Conflict {
  /** The version that both began with. */
  base: KittenInput;
  current: Versioned;
  mine: KittenInput;
}

function Editor({ draft: key, id, start }: EditorProps): JSX.Element {
  const { api } = useApp();
  const queries = useQueryClient();
  const breeds = useBreeds();
  const [, navigate] = useLocation();
  const [restored, setRestored] = useState(() => readDraft(key));
  const { base } = start;
  const [values, setValues] = useState(restored?.values ?? start.values);
  const [faults, setFaults] = useState<Faults>({});
  const [attempt, setAttempt] = useState(0);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<unknown>();
  const [conflict, setConflict] = useState<Conflict>();
  const [gone, setGone] = useState(false);
  /** The attempt to save that failed last. */
  const retry = useRef<() => void>();
  const initial = base ? valuesOf(base.input, breeds) : emptyValues;
  const changed = JSON.stringify(inputOf(values, breeds)) !== JSON.stringify(inputOf(initial, breeds));
  useGuard(
    changed && !saving,
    'Your changes are not saved. They are kept in this tab as a draft until you sign out or close it.',
  );

  const change = (next: Values) => {
    setValues(next);
    const same = JSON.stringify(inputOf(next, breeds)) === JSON.stringify(inputOf(initial, breeds));
    if (same) removeDraft(key);
    else writeDraft(key, base ? { values: next, base } : { values: next });
    // Faults go as they are corrected; new ones are shown when saving is tried again.
    if (attempt > 0) {
      const now = validate(inputOf(next, breeds));
      setFaults((shown) =>
        Object.fromEntries(Object.entries(shown).filter(([f]) => now[f as keyof Faults] !== undefined)),
      );
    }
  };

  const done = (saved: Versioned, text: string) => {
    removeDraft(key);
    unguard();
    keep(queries, saved);
    toast(text);
    navigate(`/kittens/${saved.kitten.kittenId}`, { replace: true });
  };

  const attemptSave = async (input: KittenInput, on: typeof base) => {
    retry.current = () => void attemptSave(input, on);
    setSaving(true);
    setError(undefined);
    try {
      if (id === undefined || on === undefined || gone) {
        done(await createKitten(api, input), `${input.name} was added.`);
        return;
      }
      const result = await saveOver(api, id, on, input);
      if (result.saved) done(result.saved, `${input.name} was saved.`);
      else setConflict({ base: on.input, current: result.current, mine: input });
    } catch (e) {
      if (hasStatus(e, 400)) setFaults(faultsOf(e.problem));
      else if (hasStatus(e, 404) && id !== undefined) setGone(true);
      // The dialog that asks to sign in again says it already.
      else if (!(e instanceof SessionEndedError)) setError(e);
      if (hasStatus(e, 400)) setConflict(undefined);
      setAttempt((n) => n + 1);
    } finally {
      setSaving(false);
    }
  };

  const save = () => {
    const input = inputOf(values, breeds);
    const found = validate(input);
    setFaults(found);
    if (Object.keys(found).length > 0) setAttempt((n) => n + 1);
    else void attemptSave(input, base);
  };

  const discard = () => {
    removeDraft(key);
    setRestored(undefined);
    setValues(initial);
    setFaults({});
    setError(undefined);
  };

  // Saving what was chosen builds on the version of the others, and so does the draft from now on.
  const resolve = (input: KittenInput, { current }: Conflict) => {
    const on = { etag: current.etag, input: editable(current.kitten) };
    writeDraft(key, { values: valuesOf(input, breeds), base: on });
    void attemptSave(input, on);
  };

  if (hasStatus(error, 403)) return <NotAllowed operation={id === undefined ? 'kittensPost' : 'kittenPut'} />;
  const parent =
    id === undefined || gone
      ? { href: '/kittens', name: 'Kittens' }
      : { href: `/kittens/${id}`, name: base?.input.name ?? 'Kitten' };
  return (
    <Page title={id === undefined ? 'Add a kitten' : `Edit ${base?.input.name ?? ''}`} parent={parent} narrow>
      {restored && changed && !conflict ? <Restored onDiscard={discard} /> : null}
      {error === undefined ? null : (
        <ErrorPanel error={error} what="The kitten was not saved" onRetry={() => retry.current?.()} retrying={saving} />
      )}
      {gone ? <Gone /> : null}
      {conflict ? (
        <ConflictView
          key={conflict.current.etag}
          base={conflict.base}
          mine={conflict.mine}
          current={conflict.current}
          saving={saving}
          onSave={(input) => resolve(input, conflict)}
          onBack={() => setConflict(undefined)}
        />
      ) : (
        <KittenForm
          values={values}
          onChange={change}
          faults={faults}
          attempt={attempt}
          saving={saving}
          saveText={gone ? 'Add it again' : id === undefined ? 'Add' : 'Save'}
          onSave={save}
          cancel={
            <Link href={parent.href} class="button">
              Cancel
            </Link>
          }
        />
      )}
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
