import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { Thumbnail } from '../photos/thumbnail.tsx';
import { formatAge, formatDay } from '../ui/format.ts';
import { ForwardIcon } from '../ui/icons.tsx';
import { breedName } from './breeds.ts';
import { type Breed, type KittenItem, renewLists } from './data.ts';
import { Highlighted } from './highlight.tsx';

/** KittenRow is a kitten of the list. The whole row is one link. */
export function KittenRow({ kitten, breeds }: { kitten: KittenItem; breeds: readonly Breed[] }): JSX.Element {
  const queries = useQueryClient();
  const { highlights } = kitten;
  const breed = breedName(breeds, kitten.breed);
  return (
    <li>
      <Link href={`/kittens/${kitten.kittenId}`} class="row" data-kitten={kitten.kittenId}>
        <Thumbnail photo={kitten.photo} url={kitten.thumbnailUrl} onExpired={() => renewLists(queries)} />
        <span class="row-name" dir="auto">
          {highlights?.name ? <Highlighted fragments={highlights.name} /> : kitten.name}
        </span>
        <span class="row-breed" dir="auto">
          {highlights?.breed ? <mark>{breed}</mark> : breed}
        </span>
        <span class="row-born">
          <span class="row-date">{formatDay(kitten.birthDate)}</span>
          <span class="row-age">{formatAge(kitten.birthDate)}</span>
        </span>
        <span class="row-text" dir="auto">
          {highlights?.description ? <Highlighted fragments={highlights.description} /> : kitten.description}
        </span>
        <ForwardIcon />
      </Link>
    </li>
  );
}

/** SkeletonRows have the size of rows, so that nothing moves when these come. */
export function SkeletonRows({ count }: { count: number }): JSX.Element {
  return (
    <div class="rows" aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        <div class="row" key={i}>
          <span class="thumbnail skeleton" />
          <span class="row-name">
            <span class="skeleton line medium" />
          </span>
          <span class="row-breed">
            <span class="skeleton line medium" />
          </span>
          <span class="row-born">
            <span class="skeleton line medium" />
          </span>
          <span class="row-text">
            <span class="skeleton line" />
          </span>
        </div>
      ))}
    </div>
  );
}
