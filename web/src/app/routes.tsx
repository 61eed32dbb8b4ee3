import type { JSX } from 'preact';
import { Redirect, Route, Switch } from 'wouter-preact';
import { schemas } from '../api/contract.gen.ts';
import { Allowed } from '../auth/allowed.tsx';
import { KittensPage } from '../kittens/list.tsx';
import { lazy } from './lazy.tsx';
import { NotFound } from './notFound.tsx';

const KittenPage = lazy(() => import('../kittens/detail.tsx').then((m) => m.KittenPage));
const NewKittenPage = lazy(() => import('../kittens/editor.tsx').then((m) => m.NewKittenPage));
const EditKittenPage = lazy(() => import('../kittens/editor.tsx').then((m) => m.EditKittenPage));
const TasksPage = lazy(() => import('../admin/tasks.tsx').then((m) => m.TasksPage));

const kittenId = new RegExp(schemas.KittenId.pattern);

/** Routes of the application. What an address needs is decided before its code is fetched. */
export function Routes(): JSX.Element {
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
