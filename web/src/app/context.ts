import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../api/client.ts';
import type { ConnectivityStore } from '../api/connectivity.ts';
import type { Account } from '../auth/account.ts';
import type { Session } from '../auth/session.ts';
import type { WebConfig } from './config.ts';

/** App is what there is one of for the whole page. */
export interface App {
  config: WebConfig;
  session: Session;
  api: Api;
  connectivity: ConnectivityStore;
}

export const AppContext = createContext<App | undefined>(undefined);

export const AccountContext = createContext<Account | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('useApp: there is no AppContext around the component');
  return app;
}

/** useAccount is who is signed in; below pages of a signed-in user there always is somebody. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === undefined) throw new Error('useAccount: there is no AccountContext around the component');
  return account;
}
