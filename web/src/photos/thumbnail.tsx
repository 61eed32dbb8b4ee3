import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { components } from '../api/schema.gen.ts';
import { forgetThumbnail, thumbnailUrl } from './thumbnails.ts';

interface ThumbnailProps {
  photo: components['schemas']['Photo'] | undefined;
  url: string | undefined;
  /** Called when the URL has expired, as one does in a list that was there for some time. */
  onExpired: () => void;
}

/** Thumbnail is a small picture of a fixed size. Its place is filled before it is there, and if there is none. */
export function Thumbnail({ photo, url, onExpired }: ThumbnailProps): JSX.Element {
  const [broken, setBroken] = useState<string>();
  const shown = photo?.status === 'stored' && url !== undefined ? thumbnailUrl(photo.photoId, url) : undefined;
  if (shown === undefined || photo === undefined || shown === broken) {
    return <Paw />;
  }
  return (
    <span class="thumbnail">
      <img
        src={shown}
        alt=""
        width={72}
        height={72}
        loading="lazy"
        decoding="async"
        onError={() => {
          setBroken(shown);
          if (forgetThumbnail(photo.photoId)) onExpired();
        }}
      />
    </span>
  );
}

function Paw(): JSX.Element {
  return (
    <span class="thumbnail none">
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <ellipse cx="6" cy="11" rx="2" ry="2.6" />
        <ellipse cx="10" cy="7" rx="2" ry="2.8" />
        <ellipse cx="14.5" cy="7" rx="2" ry="2.8" />
        <ellipse cx="18.5" cy="11" rx="2" ry="2.6" />
        <path d="M12.2 11.5c2.3 0 5 2.9 5 5.3 0 1.7-1.3 2.4-2.6 2.4-1 0-1.6-.4-2.4-.4s-1.4.4-2.4.4c-1.3 0-2.6-.7-2.6-2.4 0-2.4 2.7-5.3 5-5.3z" />
      </svg>
    </span>
  );
}
