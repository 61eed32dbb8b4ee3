import { useQuery } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { hasStatus, NetworkError } from '../api/errors.ts';
import { useAccount, useApp } from '../app/context.ts';
import { NotFound } from '../app/notFound.tsx';
import { Page } from '../app/page.tsx';
import { may } from '../auth/account.ts';
import { NotAllowed } from '../auth/allowed.tsx';
import { announced, isExpected, PhotoSection } from '../photos/section.tsx';
import { formatAge, formatDay, formatMoment } from '../ui/format.ts';
import { PencilIcon, TrashIcon } from '../ui/icons.tsx';
import { ErrorPanel } from '../ui/states.tsx';
import { breedName, useBreeds } from './breeds.ts';
import { type Kitten, kittenQuery, type Versioned } from './data.ts';
import { DeleteDialog } from './remove.tsx';

const parent = { href: '/kittens', name: 'Kittens' };

/** How often a kitten is read while a photo of it is being checked, in milliseconds. */
const checkInterval = 2000;

/** KittenPage shows a kitten. */
export function KittenPage({ id }: { id: string }): JSX.Element {
  const { api } = useApp();
  const query = useQuery({
    ...kittenQuery(api, id),
    staleTime: 0,
    refetchInterval: ({ state }) => {
      if (state.error instanceof NetworkError) return 5000;
      return state.data && isExpected(announced(state.data.kitten)) ? checkInterval : false;
    },
  });
  if (hasStatus(query.error, 404)) return <NotFound what="There is no such kitten." />;
  if (hasStatus(query.error, 403)) return <NotAllowed operation="kittenGet" />;
  const problem = query.isError ? (
    <ErrorPanel
      error={query.error}
      what={query.data ? 'The kitten could not be brought up to date' : 'The kitten could not be loaded'}
      onRetry={() => void query.refetch()}
      retrying={query.isFetching}
    />
  ) : null;
  if (query.data) return <Loaded versioned={query.data} problem={problem} />;
  return (
    <Page title="Kitten" parent={parent}>
      {problem ?? <DetailSkeleton />}
    </Page>
  );
}

function Loaded({ versioned, problem }: { versioned: Versioned; problem: JSX.Element | null }): JSX.Element {
  const account = useAccount();
  const [deleting, setDeleting] = useState(false);
  const { kitten } = versioned;
  const actions = (
    <>
      {may(account, 'kittenPut') ? (
        <Link href={`/kittens/${kitten.kittenId}/edit`} class="button">
          <PencilIcon />
          Edit
        </Link>
      ) : null}
      {may(account, 'kittenDelete') ? (
        <button type="button" class="button danger" onClick={() => setDeleting(true)}>
          <TrashIcon />
          Delete
        </button>
      ) : null}
    </>
  );
  return (
    <Page title={kitten.name} heading={<bdi>{kitten.name}</bdi>} parent={parent} actions={actions}>
      {problem}
      <div class="detail">
        <PhotoSection kitten={kitten} />
        <Facts kitten={kitten} />
      </div>
      {deleting ? <DeleteDialog versioned={versioned} onClose={() => setDeleting(false)} /> : null}
    </Page>
  );
}

function Facts({ kitten }: { kitten: Kitten }): JSX.Element {
  const breeds = useBreeds();
  const breed = breeds.find((b) => b.breedId === kitten.breed);
  const age = formatAge(kitten.birthDate);
  return (
    <div class="card padded facts">
      <dl>
        <div>
          <dt>Breed</dt>
          <dd>
            <bdi>{breedName(breeds, kitten.breed)}</bdi>
            {breed?.origin ? (
              <span class="muted">
                {' '}
                · <bdi>{breed.origin}</bdi>
              </span>
            ) : null}
          </dd>
        </div>
        <div>
          <dt>Born</dt>
          <dd>
            {formatDay(kitten.birthDate)}
            {age ? <span class="muted"> · {age}</span> : null}
          </dd>
        </div>
        <div class="fact-text">
          <dt>Description</dt>
          <dd>
            {kitten.description ? (
              <p class="prose" dir="auto">
                {kitten.description}
              </p>
            ) : (
              <span class="muted">None</span>
            )}
          </dd>
        </div>
      </dl>
      <p class="fine">
        Version {kitten.version} · added {formatMoment(kitten.createdAt)} · changed {formatMoment(kitten.updatedAt)}
      </p>
    </div>
  );
}

function DetailSkeleton(): JSX.Element {
  return (
    <div class="detail" aria-busy="true">
      <p class="visually-hidden">Loading …</p>
      <div class="photo-section">
        <div class="photo skeleton" />
      </div>
      <div class="card padded facts">
        <span class="skeleton line short" />
        <span class="skeleton line" />
        <span class="skeleton line" />
      </div>
    </div>
  );
}
