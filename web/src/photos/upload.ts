import { type Api, unwrap } from '../api/client.ts';
import { isAbort } from '../api/errors.ts';
import { mayPass, patiently, retryDelay } from '../api/retry.ts';
import type { components } from '../api/schema.gen.ts';
import { type Kitten, readKitten, type Versioned } from '../kittens/data.ts';
import { Store } from '../ui/store.ts';
import { inspect, type PhotoType, sha256 } from './inspect.ts';
import { put } from './put.ts';

export type Photo = components['schemas']['Photo'];

/** UploadState is how far a photo is on its way. */
export type UploadState =
  | { step: 'none' }
  | { step: 'chosen'; file: File; type: PhotoType }
  | { step: 'preparing'; file: File; type: PhotoType }
  | { step: 'sending'; file: File; type: PhotoType; sent: number }
  | { step: 'checking'; file: File; photoId: string; late: boolean }
  | { step: 'cancelled'; file: File; type: PhotoType }
  | { step: 'failed'; error: unknown; file?: File; type?: PhotoType }
  | { step: 'rejected'; reason: string }
  | { step: 'stored' };

/** How long a check is waited for, and the times between two looks, in milliseconds. */
export const patience = { total: 60_000, first: 500, most: 4000 };

/** Upload takes a photo of a kitten from the file to storage, one at a time. */
export class Upload extends Store<UploadState> {
  readonly #api: Api;
  readonly #kittenId: string;
  /** Is told every version of the kitten that is read on the way. */
  readonly #onKitten: (versioned: Versioned) => void;
  #abort = new AbortController();

  constructor(api: Api, kittenId: string, onKitten: (versioned: Versioned) => void) {
    super({ step: 'none' });
    this.#api = api;
    this.#kittenId = kittenId;
    this.#onKitten = onKitten;
  }

  /** choose looks at a file before anything is sent. */
  async choose(file: File): Promise<void> {
    const signal = this.#restart();
    try {
      const type = await inspect(file);
      if (!signal.aborted) this.value = { step: 'chosen', file, type };
    } catch (error) {
      if (!signal.aborted) this.value = { step: 'failed', error };
    }
  }

  /** send sends a file that was looked at; every attempt is a photo of its own to the API. */
  async send(file: File, type: PhotoType): Promise<void> {
    const signal = this.#restart();
    this.value = { step: 'preparing', file, type };
    try {
      const upload = await this.#announce(file, type, signal);
      this.value = { step: 'sending', file, type, sent: 0 };
      const onProgress = (sent: number) => {
        if (!signal.aborted) this.value = { step: 'sending', file, type, sent };
      };
      await put(upload, file, onProgress, signal);
      await this.#wait(file, upload.photoId, signal);
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      this.value = { step: 'failed', error, file, type };
    }
  }

  /** look goes on waiting for a check that takes long. */
  async look(): Promise<void> {
    const state = this.value;
    if (state.step === 'checking') await this.#wait(state.file, state.photoId, this.#restart());
  }

  /** cancel stops what goes on. A file that was on its way can be sent again. */
  cancel(): void {
    this.#restart();
    const state = this.value;
    const sending = state.step === 'preparing' || state.step === 'sending';
    this.value = sending ? { step: 'cancelled', file: state.file, type: state.type } : { step: 'none' };
  }

  #restart(): AbortSignal {
    this.#abort.abort(new DOMException('The upload was cancelled.', 'AbortError'));
    this.#abort = new AbortController();
    return this.#abort.signal;
  }

  async #announce(file: File, type: PhotoType, signal: AbortSignal) {
    const body = { contentType: type, size: file.size, sha256: await sha256(file) };
    const params = { path: { kittenId: this.#kittenId } };
    return patiently(
      async () => (await unwrap(this.#api.POST('/kittens/{kittenId}/photo', { params, body, signal }))).data,
    );
  }

  // The photo has arrived. Whatever keeps the page from learning more, its check goes on.
  async #wait(file: File, photoId: string, signal: AbortSignal): Promise<void> {
    const checking: UploadState = { step: 'checking', file, photoId, late: false };
    this.value = checking;
    const result = await this.#poll(photoId, signal).catch(() => undefined);
    if (!signal.aborted) this.value = result ?? { ...checking, late: true };
  }

  // The kitten is read until its photo, or the one that is to replace it, was looked at.
  async #poll(photoId: string, signal: AbortSignal): Promise<UploadState | undefined> {
    const end = Date.now() + patience.total;
    let pause = patience.first;
    let failures = 0;
    do {
      await wait(pause, signal);
      try {
        const read = await readKitten(this.#api, this.#kittenId, signal);
        if (signal.aborted) return undefined;
        this.#onKitten(read);
        const next = stateOf(read.kitten, photoId);
        if (next) return next;
        pause = Math.min(pause * 1.5, patience.most);
        failures = 0;
      } catch (error) {
        if (!mayPass(error)) throw error;
        pause = retryDelay(failures++, error);
        if (Date.now() + pause > end) return undefined;
      }
    } while (Date.now() < end);
    return undefined;
  }
}

/** What the kitten says of a photo that was sent; undefined while nothing is known yet. */
export function stateOf(kitten: Kitten, photoId: string): UploadState | undefined {
  const photo = [kitten.photo, kitten.replacement].find((p) => p?.photoId === photoId);
  if (photo === undefined)
    return { step: 'rejected', reason: 'Another photo was sent after this one, and took its place.' };
  if (photo.status === 'stored') return { step: 'stored' };
  if (photo.status === 'rejected') return { step: 'rejected', reason: photo.reason ?? 'It is no acceptable photo.' };
  return undefined;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}
