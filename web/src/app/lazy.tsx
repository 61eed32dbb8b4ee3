import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { prefix } from '../auth/tab.ts';
import { WarningIcon } from '../ui/icons.tsx';
import { Empty } from '../ui/states.tsx';
import { unguard } from './navigation.ts';
import { Page, PageSkeleton } from './page.tsx';

type State<P> = { component?: ComponentType<P>; failed?: boolean };

/** Lazy is a component whose code is fetched when it is first shown, or before by preload. */
export type Lazy<P> = ComponentType<P> & { preload: () => void };

/** lazy makes a component of code that is not there yet. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): Lazy<P> {
  let loaded: ComponentType<P> | undefined;
  const preload = () => {
    load().then(
      (component) => {
        loaded = component;
      },
      () => {}, // it is fetched again when it is needed
    );
  };
  function Lazy(props: P): JSX.Element {
    const [state, setState] = useState<State<P>>(() => (loaded ? { component: loaded } : {}));
    useEffect(() => {
      // It may have come since the component was drawn.
      if (loaded) {
        setState({ component: loaded });
        return;
      }
      let shown = true;
      const attempt = () => {
        load().then(
          (component) => {
            loaded = component;
            if (shown) setState({ component });
          },
          async () => {
            if (!(await reloadedForRelease()) && shown) setState({ failed: true });
          },
        );
      };
      attempt();
      addEventListener('online', attempt);
      return () => {
        shown = false;
        removeEventListener('online', attempt);
      };
    }, []);
    const Component = state.component;
    if (Component) return <Component {...props} />;
    return state.failed ? <Missing /> : <PageSkeleton />;
  }
  return Object.assign(Lazy, { preload });
}

function Missing(): JSX.Element {
  const reload = (
    <button type="button" class="button primary" onClick={() => location.reload()}>
      Load the page anew
    </button>
  );
  return (
    <Page title="Not loaded" parent={{ href: '/kittens', name: 'Kittens' }}>
      <div class="card">
        <Empty icon={<WarningIcon />} title="This part of the page could not be loaded" actions={reload}>
          <p>Check your connection. What you typed elsewhere is kept.</p>
        </Empty>
      </div>
    </Page>
  );
}

/** Two reloads within this time would be a loop, in milliseconds. */
const reloadInterval = 60_000;

const reloadedKey = `${prefix}reloaded`;

/**
 * A release removes the files of releases long ago, which a tab that was open all the time still refers to.
 * Loading the page anew gives it the names of today. This is done once, and not without a connection, since
 * the page would be gone.
 */
async function reloadedForRelease(): Promise<boolean> {
  const last = Number(sessionStorage.getItem(reloadedKey) ?? 0);
  if (Date.now() - last < reloadInterval) return false;
  const page = await fetch('/', { cache: 'no-store' }).catch(() => undefined);
  if (!page?.ok) return false;
  sessionStorage.setItem(reloadedKey, String(Date.now()));
  unguard();
  location.reload();
  return true;
}
