import type { QueryClient } from '@tanstack/preact-query';
import { QueryClientProvider } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { Router } from 'wouter-preact';
import { Leaving, NotAMember, SignInFailed, SignInPage } from '../auth/pages.tsx';
import { useStore } from '../ui/store.ts';
import { AccountContext, type App, AppContext, useApp } from './context.ts';
import { aroundNav } from './navigation.ts';
import { Routes } from './routes.tsx';
import { Shell } from './shell.tsx';

/** Application is everything that is shown once the configuration is there. */
export function Application({ app, queries }: { app: App; queries: QueryClient }): JSX.Element {
  return (
    <AppContext.Provider value={app}>
      <QueryClientProvider client={queries}>
        <Router aroundNav={aroundNav}>
          <Screen />
        </Router>
      </QueryClientProvider>
    </AppContext.Provider>
  );
}

function Screen(): JSX.Element {
  const state = useStore(useApp().session);
  switch (state.status) {
    case 'starting':
    case 'leaving':
      return <Leaving out={state.out} />;
    case 'signedOut':
      return <SignInPage notice={state.notice} />;
    case 'failed':
      return <SignInFailed failure={state.failure} />;
    case 'signedIn':
      if (!state.account.member) return <NotAMember account={state.account} />;
      return (
        <AccountContext.Provider value={state.account}>
          <Shell ended={state.ended}>
            <Routes />
          </Shell>
        </AccountContext.Provider>
      );
  }
}
