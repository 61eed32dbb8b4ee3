import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Redirect, Route, Switch } from 'wouter-preact';
import { schemas } from '../api/contract.gen.ts';
import { may } from '../auth/account.ts';
import { Allowed } from '../auth/allowed.tsx';
import { KittensPage } from '../kittens/list.tsx';
import { useStore } from '../ui/store.ts';
import { useAccount, useApp } from './context.ts';
import { lazy } from './lazy.tsx';
import { NotFound } from './notFound.tsx';

const KittenPage = lazy(() => import('../kittens/detail.tsx').then((m) => m.KittenPage));
const NewKittenPage = lazy(() => import('../kittens/editor.tsx').then((m) => m.NewKittenPage));
const EditKittenPage = lazy(() => import('../kittens/editor.tsx').then((m) => m.EditKittenPage));
const TasksPage = lazy(() => import('../admin/tasks.tsx').then((m) => m.TasksPage));

/** Fetches what may be needed next once there is nothing else to do, so that it is there at once, or offline later. */
function usePreload(): void {
  const account = useAccount();
  const online = useStore(useApp().connectivity) === 'online';
  const writes = may(account, 'kittensPost');
  const administers = may(account, 'adminTasksGet');
  useEffect(() => {
    if (!online) return;
    const pages = [KittenPage, ...(writes ? [NewKittenPage, EditKittenPage] : []), ...(administers ? [TasksPage] : [])];
    const timer = setTimeout(() => {
      for (const page of pages) page.preload();
    }, preloadDelay);
    return () => clearTimeout(timer);
  }, [online, writes, administers]);
}

/** Time for what is shown first, in milliseconds. */
const preloadDelay = 1500;

const kittenId = new RegExp(schemas.KittenId.pattern);

/** Routes of the application. What an address needs is decided before its code is fetched. */
export function Routes(): JSX.Element {
  usePreload();
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/kittens" replace />
      </Route>
      <Route path="/kittens">
        <Allowed operation="kittensGet">
          <KittensPage />
        </Allowed>
      </Route>
      <Route path="/kittens/new">
        <Allowed operation="kittensPost">
          <NewKittenPage />
        </Allowed>
      </Route>
      <Route path="/kittens/:id">{({ id }) => <OneKitten id={id} edit={false} />}</Route>
      <Route path="/kittens/:id/edit">{({ id }) => <OneKitten id={id} edit />}</Route>
      <Route path="/admin/tasks">
        <Allowed operation="adminTasksGet">
          <TasksPage />
        </Allowed>
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

function OneKitten({ id, edit }: { id: string; edit: boolean }): JSX.Element {
  if (!kittenId.test(id)) return <NotFound what="There is no such kitten." />;
  return (
    <Allowed operation={edit ? 'kittenPut' : 'kittenGet'}>
      {edit ? <EditKittenPage key={id} id={id} /> : <KittenPage key={id} id={id} />}
    </Allowed>
  );
}
