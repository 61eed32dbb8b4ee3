import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { useAccount, useApp } from '../app/context.ts';
import { Page } from '../app/page.tsx';
import { LockIcon } from '../ui/icons.tsx';
import { Empty } from '../ui/states.tsx';
import { missing, type Operation } from './account.ts';

/** Allowed shows a page to those who may use it, and to others what they lack. */
export function Allowed({ operation, children }: { operation: Operation; children: JSX.Element }): JSX.Element {
  const account = useAccount();
  return missing(account, operation).length > 0 ? <NotAllowed operation={operation} /> : children;
}

/** NotAllowed says which scopes are missing. It is shown for answers with status 403 too. */
export function NotAllowed({ operation }: { operation: Operation }): JSX.Element {
  const { session } = useApp();
  const account = useAccount();
  const lacking = missing(account, operation);
  return (
    <Page title="Not allowed" narrow>
      <div class="card">
        <Empty
          icon={<LockIcon />}
          title="Your account may not do this"
          actions={
            <>
              <Link href="/kittens" class="button primary">
                All kittens
              </Link>
              <button type="button" class="button" onClick={() => void session.signIn({ otherUser: true })}>
                Sign in as somebody else
              </button>
            </>
          }
        >
          {lacking.length > 0 ? (
            <p>
              <bdi>{account.name}</bdi> lacks the permission{' '}
              {lacking.map((scope, i) => (
                <>
                  {i > 0 ? ' and ' : ''}
                  <code key={scope}>{scope}</code>
                </>
              ))}
              .
            </p>
          ) : (
            <p>
              The service refused it to <bdi>{account.name}</bdi>. Permissions may have changed since you signed in.
            </p>
          )}
        </Empty>
      </div>
    </Page>
  );
}
