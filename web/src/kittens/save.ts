import type { Api } from '../api/client.ts';
import { hasStatus } from '../api/errors.ts';
import { untouched } from './conflict.ts';
import { type KittenInput, readKitten, replaceKitten, type Versioned } from './data.ts';
import { editable } from './fields.ts';

/** Base is the version that a change was made of. */
export interface Base {
  etag: string;
  input: KittenInput;
}

/** Saved, or the version that somebody else saved. */
export type SaveResult = { saved: Versioned } | { saved?: never; current: Versioned };

/** How often a version that only the service itself has changed is overtaken, before it is shown. */
const attempts = 5;

/**
 * saveOver replaces the version that a change was made of. If the kitten has a new version that differs only in what
 * a form does not edit, such as its photo, the change is made of that one. If others changed what a form edits, the
 * answer is their version, and nothing is saved, unless it is the same that was to be saved.
 */
export async function saveOver(api: Api, id: string, base: Base, input: KittenInput): Promise<SaveResult> {
  let { etag } = base;
  for (let attempt = 1; ; attempt++) {
    try {
      return { saved: await replaceKitten(api, id, etag, input) };
    } catch (error) {
      if (!hasStatus(error, 412)) throw error;
    }
    const current = await readKitten(api, id);
    if (untouched(input, editable(current.kitten))) return { saved: current };
    if (!untouched(base.input, editable(current.kitten)) || attempt === attempts) return { current };
    etag = current.etag;
  }
}
