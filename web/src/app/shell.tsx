import type { ComponentChildren, JSX } from 'preact';
import { Link, useLocation } from 'wouter-preact';
import { may } from '../auth/account.ts';
import { SessionEnded } from '../auth/ended.tsx';
import { Announcer } from '../ui/announce.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useStore } from '../ui/store.ts';
import { Toaster } from '../ui/toast.tsx';
import { ConnectionBanner } from './banner.tsx';
import { Logo } from './brand.tsx';
import { useAccount, useApp } from './context.ts';
import { AccountMenu } from './menu.tsx';
import { departure } from './navigation.ts';

/** Shell is around every page of a signed-in user. */
export function Shell({ ended, children }: { ended: boolean; children: ComponentChildren }): JSX.Element {
  const { config } = useApp();
  const account = useAccount();
  const administers = may(account, 'adminTasksGet');
  return (
    <>
      <a href="#main" class="skip">
        Skip to the content
      </a>
      <header class="header">
        <div class="header-row">
          <Link href="/kittens" class="brand">
            <Logo />
            <span class="brand-name" dir="auto">
              {config.tenant.name}
            </span>
          </Link>
          {administers ? (
            <nav class="tabs" aria-label="Main">
              <Tab href="/kittens">Kittens</Tab>
              <Tab href="/admin/tasks">Tasks</Tab>
            </nav>
          ) : null}
          <AccountMenu />
        </div>
      </header>
      <ConnectionBanner ended={ended} />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Announcer />
      <Toaster />
      <LeaveDialog />
      {ended ? <SessionEnded /> : null}
    </>
  );
}

function Tab({ href, children }: { href: string; children: ComponentChildren }): JSX.Element {
  const [path] = useLocation();
  const current = path === href || path.startsWith(`${href}/`);
  return (
    <Link href={href} class="tab" aria-current={current ? 'page' : undefined}>
      {children}
    </Link>
  );
}

function LeaveDialog(): JSX.Element | null {
  const asked = useStore(departure);
  if (asked === undefined) return null;
  return (
    <Dialog
      title={asked.way === 'leave' ? 'Leave this page?' : 'Sign out?'}
      onCancel={asked.stay}
      actions={
        <>
          <button type="button" class="button" onClick={asked.stay}>
            Stay
          </button>
          <button type="button" class="button primary" onClick={asked.leave}>
            {asked.way === 'leave' ? 'Leave' : 'Sign out'}
          </button>
        </>
      }
    >
      <p>{asked.text}</p>
    </Dialog>
  );
}
