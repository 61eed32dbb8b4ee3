import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Logo } from '../app/brand.tsx';
import { useApp } from '../app/context.ts';
import { ThemeSwitch } from '../app/themeSwitch.tsx';
import type { Account } from './account.ts';
import type { SignInFailure } from './failure.ts';
import type { Notice } from './tab.ts';

interface GateProps {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
  /** Whether the heading takes the focus, since the page came instead of another one. */
  focus?: boolean;
}

/** Gate is the frame of the pages outside: there is nothing of the tenant's data on them. */
export function Gate({ title, children, actions, focus = false }: GateProps): JSX.Element {
  const { config } = useApp();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${config.tenant.name}`;
    if (focus) heading.current?.focus();
  }, [title, focus, config.tenant.name]);
  return (
    <div class="gate">
      <main class="gate-card">
        <p class="gate-brand">
          <Logo large />
          <bdi>{config.tenant.name}</bdi>
        </p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
        {actions ? <div class="actions stacked">{actions}</div> : null}
      </main>
      <footer class="gate-foot">
        <ThemeSwitch />
      </footer>
    </div>
  );
}

const notices: Record<Notice, string> = {
  signedOut: 'You are signed out.',
  draftsKept:
    'You were signed out in another tab. What you typed in this one and did not save is kept for you until you close it.',
  signedOutHere:
    'You are signed out of this application. The sign-in service could not be told, so you may still be signed in there.',
};

export function SignInPage({ notice }: { notice: Notice | undefined }): JSX.Element {
  const { session } = useApp();
  return (
    <Gate
      title="Sign in"
      focus={notice !== undefined}
      actions={
        <button type="button" class="button primary wide" onClick={() => void session.signIn()}>
          Sign in
        </button>
      }
    >
      {notice ? (
        <p role="status" class="notice">
          {notices[notice]}
        </p>
      ) : null}
      <p class="muted">Look after your kittens: their names, breeds, photos and everything worth remembering.</p>
    </Gate>
  );
}

/** Leaving is shown for the moment until the browser has gone to the identity provider, or come back from it. */
export function Leaving({ out = false }: { out?: boolean | undefined }): JSX.Element {
  return (
    <div class="gate" aria-busy="true">
      <main class="gate-wait" role="status">
        <Logo large />
        <span class="spinner" />
        <p class="visually-hidden">One moment, you are being signed {out ? 'out' : 'in'} …</p>
      </main>
    </div>
  );
}

const failures: Record<SignInFailure['kind'], { title: string; text: string }> = {
  denied: {
    title: 'Sign-in was refused',
    text: 'The sign-in was cancelled, or this account may not use the application.',
  },
  state: {
    title: 'This sign-in cannot be completed',
    text: 'It was started in another tab, or too long ago. Please start it once more.',
  },
  unreachable: {
    title: 'The sign-in service cannot be reached',
    text: 'Check your connection, and try again in a moment.',
  },
  provider: { title: 'Sign-in did not succeed', text: 'The sign-in service reported an error.' },
  untrusted: {
    title: 'Sign-in did not succeed',
    text: 'The answer did not come from the sign-in service of this application, so it was not used.',
  },
};

export function SignInFailed({ failure }: { failure: SignInFailure }): JSX.Element {
  const { session } = useApp();
  const { title, text } = failures[failure.kind];
  return (
    <Gate
      title={title}
      focus
      actions={
        <>
          <button type="button" class="button primary wide" onClick={() => void session.signIn()}>
            Try again
          </button>
          {failure.kind === 'denied' ? (
            <button type="button" class="button wide" onClick={() => void session.signIn({ otherUser: true })}>
              Sign in as somebody else
            </button>
          ) : null}
        </>
      }
    >
      <p>{text}</p>
      {failure.detail ? <p class="hint">“{failure.detail}”</p> : null}
    </Gate>
  );
}

/** NotAMember is for users whom the identity provider knows, and who are of another tenant. */
export function NotAMember({ account }: { account: Account }): JSX.Element {
  const { config, session } = useApp();
  const tenant = <bdi>{config.tenant.name}</bdi>;
  return (
    <Gate
      title={`This account is not of ${config.tenant.name}`}
      focus
      actions={
        <>
          <button type="button" class="button primary wide" onClick={() => void session.signIn({ otherUser: true })}>
            Sign in as somebody else
          </button>
          <button type="button" class="button wide" onClick={() => void session.signOut()}>
            Sign out
          </button>
        </>
      }
    >
      <p>
        You are signed in as{' '}
        <strong>
          <bdi>{account.name}</bdi>
        </strong>
        {account.userName && account.userName !== account.name ? (
          <>
            {' '}
            (<bdi>{account.userName}</bdi>)
          </>
        ) : null}
        , and this account has no access to the data of {tenant}.
      </p>
      <p class="muted">If it should have, ask whoever administers {tenant}.</p>
    </Gate>
  );
}
