import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { probe } from '../api/probe.ts';
import { OfflineIcon } from '../ui/icons.tsx';
import { useStore } from '../ui/store.ts';
import { useApp } from './context.ts';

const texts = {
  online: '',
  offline: 'You are offline. What is shown may be out of date; it is loaded again when the connection is back.',
  unreachable: 'The service cannot be reached at the moment.',
};

/**
 * ConnectionBanner is there while the service is not, and looks out for it: nothing else on the page might. Without a
 * session that could be used there is nothing to ask for. The region exists before, so that a change is announced.
 */
export function ConnectionBanner({ ended }: { ended: boolean }): JSX.Element {
  const { api, connectivity } = useApp();
  const state = useStore(connectivity);
  const trying = state === 'unreachable' && !ended;
  useEffect(() => {
    if (!trying) return;
    // Any answer will do.
    return probe((signal) => api.GET('/kittens', { params: { query: { limit: 1 } }, signal }));
  }, [trying, api]);
  return (
    <div role="status" aria-live="polite">
      {state === 'online' ? null : (
        <p class="banner">
          <OfflineIcon />
          {trying ? `${texts[state]} Trying again …` : texts[state]}
        </p>
      )}
    </div>
  );
}
