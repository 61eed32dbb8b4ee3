import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useAccount, useApp } from '../app/context.ts';
import { useGuard } from '../app/navigation.ts';
import { may } from '../auth/account.ts';
import { type Kitten, keep } from '../kittens/data.ts';
import { WarningIcon } from '../ui/icons.tsx';
import { useStore } from '../ui/store.ts';
import { PhotoUpload } from './panel.tsx';
import { KittenPhoto } from './photo.tsx';
import { type Photo, Upload } from './upload.ts';

/** How long after a photo could be sent at the latest its check may still go on, in milliseconds. */
const checkTime = 60_000;

/** Announced is a photo of the kitten that is not stored. */
export function announced(kitten: Kitten): Photo | undefined {
  const photo = kitten.replacement ?? kitten.photo;
  return photo?.status === 'stored' ? undefined : photo;
}

/** Says whether a photo may still arrive and be checked. */
export function isExpected(photo: Photo | undefined, now = Date.now()): boolean {
  if (photo?.status !== 'pending') return false;
  return photo.expiresAt === undefined || now < Date.parse(photo.expiresAt) + checkTime;
}

/** PhotoSection is the photo of a kitten and, for writers, the way to another one. */
export function PhotoSection({ kitten }: { kitten: Kitten }): JSX.Element {
  const { api } = useApp();
  const account = useAccount();
  const queries = useQueryClient();
  const upload = useMemo(
    () => new Upload(api, kitten.kittenId, (read) => keep(queries, read)),
    [api, queries, kitten.kittenId],
  );
  useEffect(() => () => upload.cancel(), [upload]);
  const { step } = useStore(upload);
  useGuard(
    step === 'preparing' || step === 'sending',
    'The photo is still being sent. If you leave, sending stops.',
    'The photo is still being sent. If you sign out, sending stops.',
  );
  const mayWrite = may(account, 'kittenPhotoPost');
  // What was sent from this page is told by the upload itself.
  const other = step === 'none' ? announced(kitten) : undefined;
  return (
    <section class="photo-section" aria-label="Photo">
      <KittenPhoto kitten={kitten} />
      {other ? <Announced photo={other} /> : null}
      {mayWrite ? <PhotoUpload upload={upload} replaces={kitten.photo?.status === 'stored'} /> : null}
    </section>
  );
}

function Announced({ photo }: { photo: Photo }): JSX.Element {
  if (photo.status === 'rejected') {
    return (
      <div class="panel warning" role="status">
        <WarningIcon />
        <p>A photo was not accepted: {photo.reason ?? 'it is no acceptable photo'}</p>
      </div>
    );
  }
  if (isExpected(photo)) {
    return (
      <p class="panel info" role="status">
        <span class="spinner small" /> A photo was announced and is being received or checked …
      </p>
    );
  }
  return (
    <div class="panel warning" role="status">
      <WarningIcon />
      <p>A photo was announced and never received.</p>
    </div>
  );
}
