import type { ComponentChildren, JSX } from 'preact';
import { ApiError, NetworkError } from '../api/errors.ts';
import { OfflineIcon, RefreshIcon, WarningIcon } from './icons.tsx';

interface EmptyProps {
  icon: ComponentChildren;
  title: string;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}

/** Empty fills the place of what is not there. */
export function Empty({ icon, title, children, actions }: EmptyProps): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-icon">{icon}</span>
      <h2>{title}</h2>
      {children}
      {actions ? <div class="actions centered">{actions}</div> : null}
    </div>
  );
}

interface ErrorProps {
  error: unknown;
  /** What could not be done, such as "The list could not be loaded". */
  what: string;
  onRetry?: (() => void) | undefined;
  retrying?: boolean;
}

/** ErrorPanel says what went wrong, with what support needs to find it, and offers another attempt. */
export function ErrorPanel({ error, what, onRetry, retrying = false }: ErrorProps): JSX.Element {
  const network = error instanceof NetworkError;
  return (
    <div class="panel error" role="alert">
      {network ? <OfflineIcon /> : <WarningIcon />}
      <div class="panel-text">
        <p class="panel-title">{what}</p>
        <ErrorText error={error} />
        {onRetry ? (
          <button type="button" class="button" aria-disabled={retrying} onClick={() => retrying || onRetry()}>
            <RefreshIcon />
            {retrying ? 'Trying again …' : 'Try again'}
          </button>
        ) : null}
      </div>
    </div>
  );
}

/** ErrorText explains an error to people. */
export function ErrorText({ error }: { error: unknown }): JSX.Element {
  if (!(error instanceof ApiError)) {
    const text = error instanceof NetworkError ? `${error.message} Check your connection.` : messageOf(error);
    return <p>{text}</p>;
  }
  const { title, detail, instance } = error.problem;
  return (
    <>
      <p>
        {title}
        {detail && detail !== title ? `: ${detail}` : '.'}
      </p>
      {error.retryAfter === undefined ? null : <p>Try again in {Math.ceil(error.retryAfter / 1000)} s.</p>}
      {instance ? (
        <p class="hint">
          For support: <code>{instance}</code>
        </p>
      ) : null}
    </>
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
