import type { JSX } from 'preact';
import { OfflineIcon } from '../ui/icons.tsx';
import { useStore } from '../ui/store.ts';
import { useApp } from './context.ts';

const texts = {
  online: '',
  offline: 'You are offline. What is shown may be out of date; it is loaded again when the connection is back.',
  unreachable: 'The service cannot be reached at the moment. Trying again …',
};

/** ConnectionBanner is there while the service is not. The region exists before, so that a change is announced. */
export function ConnectionBanner(): JSX.Element {
  const state = useStore(useApp().connectivity);
  return (
    <div role="status" aria-live="polite">
      {state === 'online' ? null : (
        <p class="banner">
          <OfflineIcon />
          {texts[state]}
        </p>
      )}
    </div>
  );
}
