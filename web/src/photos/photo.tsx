import { queryOptions, useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Api, unwrap } from '../api/client.ts';
import type { components } from '../api/schema.gen.ts';
import { useApp } from '../app/context.ts';
import type { Kitten } from '../kittens/data.ts';
import { PhotoIcon } from '../ui/icons.tsx';

type PhotoDownload = components['schemas']['PhotoDownload'];

/** URLs are fetched anew before they expire, so that a picture that is opened can be read, in milliseconds. */
const margin = 20_000;

function photoQuery(api: Api, kittenId: string, photoId: string | undefined) {
  return queryOptions({
    queryKey: ['photo', kittenId, photoId],
    queryFn: async ({ signal }): Promise<PhotoDownload> => {
      const params = { path: { kittenId } };
      return (await unwrap(api.GET('/kittens/{kittenId}/photo', { params, signal }))).data;
    },
    staleTime: (query) =>
      Math.max(0, Date.parse(query.state.data?.expiresAt ?? '') - query.state.dataUpdatedAt - margin || 0),
  });
}

/** KittenPhoto shows the stored photo, or keeps its place. */
export function KittenPhoto({ kitten }: { kitten: Kitten }): JSX.Element {
  const { api } = useApp();
  const stored = kitten.photo?.status === 'stored' ? kitten.photo : undefined;
  const query = useQuery({ ...photoQuery(api, kitten.kittenId, stored?.photoId), enabled: stored !== undefined });
  const [broken, setBroken] = useState<string>();
  const url = query.data?.url;
  if (stored === undefined) {
    return (
      <div class="photo none">
        <PhotoIcon />
        <p>No photo</p>
      </div>
    );
  }
  if (query.isError || (url !== undefined && url === broken)) {
    return (
      <div class="photo none" role="alert">
        <PhotoIcon />
        <p>The photo could not be loaded.</p>
        <button type="button" class="button" aria-disabled={query.isFetching} onClick={() => void query.refetch()}>
          Try again
        </button>
      </div>
    );
  }
  if (query.data === undefined || url === undefined) return <div class="photo skeleton" aria-busy="true" />;
  return (
    <a
      class="photo"
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      aria-label={`Open the photo of ${kitten.name}`}
    >
      <img
        src={url}
        alt={kitten.name}
        width={query.data.width}
        height={query.data.height}
        decoding="async"
        onError={() => setBroken(url)}
      />
    </a>
  );
}
