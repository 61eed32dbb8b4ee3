import { Store } from '../ui/store.ts';
import type { Reachability } from './client.ts';

/** Connectivity is what is known of the way to the service. */
export type Connectivity = 'online' | 'offline' | 'unreachable';

/** ConnectivityStore follows the browser's own opinion and how requests end. */
export class ConnectivityStore extends Store<Connectivity> implements Reachability {
  constructor() {
    super(navigator.onLine ? 'online' : 'offline');
    addEventListener('online', () => {
      this.value = 'online';
    });
    addEventListener('offline', () => {
      this.value = 'offline';
    });
  }

  answered(): void {
    // The browser's opinion can be late, an answer is not.
    this.value = 'online';
  }

  failed(): void {
    this.value = navigator.onLine ? 'unreachable' : 'offline';
  }
}
