import { queryOptions, useQuery, useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Api, unwrap } from '../api/client.ts';
import { hasStatus, NetworkError, SessionEndedError } from '../api/errors.ts';
import { patiently } from '../api/retry.ts';
import type { components } from '../api/schema.gen.ts';
import { useApp } from '../app/context.ts';
import { Page } from '../app/page.tsx';
import { NotAllowed } from '../auth/allowed.tsx';
import { announce } from '../ui/announce.tsx';
import { formatMoment, formatNumber } from '../ui/format.ts';
import { RefreshIcon, TasksIcon } from '../ui/icons.tsx';
import { Empty, ErrorPanel } from '../ui/states.tsx';

type Task = components['schemas']['Task'];

/** How often tasks are read while one of them goes on, in milliseconds. */
const interval = 1000;

function tasksQuery(api: Api) {
  return queryOptions({
    queryKey: ['tasks'],
    queryFn: async ({ signal }) => (await unwrap(api.GET('/admin/tasks', { signal }))).data.items,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      if (state.error instanceof NetworkError) return 5000;
      return state.data?.some(isActive) ? interval : false;
    },
  });
}

function isActive(task: Task): boolean {
  return task.status === 'queued' || task.status === 'running';
}

/** TasksPage starts work on the account as a whole and shows how far it is. */
export function TasksPage(): JSX.Element {
  const { api } = useApp();
  const query = useQuery(tasksQuery(api));
  const tasks = query.data;
  const active = tasks?.find(isActive);
  const [refused, setRefused] = useState(false);
  useEnded(tasks);
  if (hasStatus(query.error, 403)) return <NotAllowed operation="adminTasksGet" />;
  if (refused) return <NotAllowed operation="adminTasksPost" />;
  return (
    <Page title="Tasks">
      <Reindex active={active !== undefined} onRefused={() => setRefused(true)} />
      <h2 class="section-title">Latest tasks</h2>
      {query.isError ? (
        <ErrorPanel
          error={query.error}
          what={tasks ? 'The tasks could not be brought up to date' : 'The tasks could not be loaded'}
          onRetry={() => void query.refetch()}
          retrying={query.isFetching}
        />
      ) : null}
      {tasks === undefined && !query.isError ? (
        <div class="card padded" aria-busy="true">
          <p class="visually-hidden">Loading …</p>
          <span class="skeleton line short" />
          <span class="skeleton line" />
        </div>
      ) : null}
      {tasks?.length === 0 ? (
        <div class="card">
          <Empty icon={<TasksIcon />} title="No tasks">
            <p>Tasks of the last days are listed here.</p>
          </Empty>
        </div>
      ) : null}
      {tasks && tasks.length > 0 ? (
        <ul class="rows">
          {tasks.map((t) => (
            <TaskRow key={t.taskId} task={t} />
          ))}
        </ul>
      ) : null}
    </Page>
  );
}

/** Tells when a task that was seen running has ended. */
function useEnded(tasks: Task[] | undefined): void {
  const [running, setRunning] = useState<string>();
  useEffect(() => {
    const now = tasks?.find(isActive)?.taskId;
    const before = tasks?.find((t) => t.taskId === running);
    if (before && !isActive(before))
      announce(before.status === 'succeeded' ? 'The task is done' : 'The task has failed');
    setRunning(now);
  }, [tasks]);
}

/** Reindex starts the one kind of task that there is. */
function Reindex({ active, onRefused }: { active: boolean; onRefused: () => void }): JSX.Element {
  const { api } = useApp();
  const queries = useQueryClient();
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<unknown>();
  const start = async () => {
    if (starting || active) return;
    setStarting(true);
    setError(undefined);
    try {
      await patiently(() => unwrap(api.POST('/admin/tasks', { body: { kind: 'reindex' } })));
      announce('The task has started');
    } catch (e) {
      if (hasStatus(e, 403)) onRefused();
      else if (!(e instanceof SessionEndedError)) setError(e);
    } finally {
      await queries.invalidateQueries({ queryKey: ['tasks'] });
      setStarting(false);
    }
  };
  return (
    <div class="card padded action-card">
      <div>
        <h2>Build the search index anew</h2>
        <p class="muted">Writes all kittens to the search index again. Search works meanwhile; nothing else changes.</p>
      </div>
      <button type="button" class="button primary" aria-disabled={starting || active} onClick={() => void start()}>
        <RefreshIcon />
        {starting ? 'Starting …' : active ? 'Running …' : 'Start'}
      </button>
      {hasStatus(error, 409) ? (
        <p class="notice" role="alert">
          A task of this kind is running already; it is in the list below.
        </p>
      ) : error === undefined ? null : (
        <ErrorPanel error={error} what="The task was not started" />
      )}
    </div>
  );
}

const states: Record<Task['status'], string> = {
  queued: 'Waiting',
  running: 'Running',
  succeeded: 'Done',
  failed: 'Failed',
};

const kinds: Record<Task['kind'], string> = { reindex: 'Build the search index anew' };

function TaskRow({ task }: { task: Task }): JSX.Element {
  const { done, total } = task.progress;
  const rows =
    total === undefined ? `${formatNumber(done)} kittens` : `${formatNumber(done)} of ${formatNumber(total)} kittens`;
  const id = `task-${task.taskId}`;
  return (
    <li class="task">
      <p class="task-name" id={id}>
        {kinds[task.kind]}
      </p>
      <p class={`badge ${task.status}`}>{states[task.status]}</p>
      <p class="task-times">
        Started {formatMoment(task.createdAt)}
        {isActive(task) ? '' : ` · ended ${formatMoment(task.updatedAt)}`} · {rows}
      </p>
      {isActive(task) ? (
        <progress aria-labelledby={id} {...(total === undefined ? {} : { value: done, max: Math.max(total, 1) })} />
      ) : null}
      {task.error ? <p class="field-problem">{task.error}</p> : null}
    </li>
  );
}
