import { type Query, QueryClient } from '@tanstack/preact-query';
import { NetworkError } from './errors.ts';
import { retryDelay, retryRead } from './retry.ts';

/** While the service cannot be reached, what failed is asked for again, so that nobody has to press a button. */
function refetchInterval(query: Pick<Query, 'state'>): number | false {
  const { error, errorUpdateCount } = query.state;
  return error instanceof NetworkError ? Math.min(2000 * 2 ** Math.min(errorUpdateCount, 4), 20_000) : false;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: retryRead, retryDelay, refetchInterval, staleTime: 5000, gcTime: 10 * 60_000 },
    },
  });
}
