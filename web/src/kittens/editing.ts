import type { Api } from '../api/client.ts';
import { hasStatus, SessionEndedError, sentenceOf } from '../api/errors.ts';
import { Store } from '../ui/store.ts';
import { breedName } from './breeds.ts';
import { type Breed, createKitten, type KittenInput, type Versioned } from './data.ts';
import { type Draft, readDraft, removeDraft, settleDraft, writeDraft } from './drafts.ts';
import { editable, emptyValues, inputOf, type ShownBreed, type Values, valuesOf } from './fields.ts';
import { type Base, saveOver } from './save.ts';
import { type Faults, faultsOf, validate } from './validate.ts';

/** Conflict is a version that was saved by somebody else, and mine that was not. */
export interface Conflict {
  /** The version that both began with. */
  base: KittenInput;
  current: Versioned;
  mine: KittenInput;
}

/** EditingState is what the page of a form is drawn from. */
export interface EditingState {
  values: Values;
  faults: Faults;
  /** Counts the attempts to save that did not succeed. */
  attempt: number;
  saving: boolean;
  /** Why the last attempt failed, if it is for none of the other reasons. */
  error: unknown;
  conflict: Conflict | undefined;
  /** The kitten was deleted in the meantime. */
  gone: boolean;
  /** The values are those of a draft. */
  restored: boolean;
}

interface EditingOptions {
  api: Api;
  /** The kitten; undefined for a new one. */
  id: string | undefined;
  /** Where the draft is kept. */
  draft: string;
  /** What to begin with if there is no draft. */
  start: Draft;
  /** Is told what was saved, whether or not a page still shows the form. */
  onSaved: (saved: Versioned, added: boolean) => void;
  /** Is told why something was not saved if no page shows the form any more. */
  onUnsaved: (input: KittenInput, why: string) => void;
}

/** What is being saved at the moment, by the key of its draft. */
const underWay = new Map<string, Editing>();

/** editingOf is the editing that a page begins, or goes on with if what was left there is still being saved. */
export function editingOf(options: EditingOptions): Editing {
  return underWay.get(options.draft) ?? new Editing(options);
}

/** Editing is what happens between the first letter that is typed and the answer that all is saved. */
export class Editing extends Store<EditingState> {
  /** Leads on from the page that shows the form once all is saved; undefined when the page was left. */
  onward: ((saved: Versioned) => void) | undefined;
  /** The table of breeds as far as it is known, by which names become ids. */
  breeds: readonly Breed[] = [];
  readonly base: Base | undefined;
  readonly #options: EditingOptions;
  /** The breed of the kitten, until another one is entered. */
  readonly #shown: ShownBreed | undefined;

  constructor(options: EditingOptions) {
    const draft = readDraft(options.draft);
    super({
      values: draft?.values ?? options.start.values,
      faults: {},
      attempt: 0,
      saving: false,
      error: undefined,
      conflict: undefined,
      gone: false,
      restored: draft !== undefined,
    });
    this.#options = options;
    this.base = options.start.base;
    if (draft === undefined && this.base) this.#shown = { text: options.start.values.breed, id: this.base.input.breed };
  }

  /** Says whether there is anything to save. */
  get changed(): boolean {
    return this.#differs(this.value.values);
  }

  /** The id of the breed that a text in its field means. */
  breedOf(text: string): string {
    return this.#inputOf({ ...this.value.values, breed: text }).breed;
  }

  /** change takes what is typed, and keeps it as a draft. What is being saved stays as it is. */
  change(values: Values): void {
    if (this.value.saving) return;
    this.#keep(values);
    // Faults go as they are corrected; new ones are shown when saving is tried again.
    const now = this.value.attempt > 0 ? validate(this.#inputOf(values)) : {};
    const left = Object.entries(this.value.faults).filter(([field]) => now[field as keyof Faults] !== undefined);
    this.#set({ values, faults: Object.fromEntries(left) });
  }

  /** discard goes back to what is saved. */
  discard(): void {
    if (this.value.saving) return;
    removeDraft(this.#options.draft);
    this.#set({ values: this.#initial(), faults: {}, error: undefined, restored: false });
  }

  /** save saves the values, if they are right. */
  async save(): Promise<void> {
    if (this.value.saving) return;
    const { values } = this.value;
    const input = this.#inputOf(values);
    const faults = validate(input);
    if (Object.keys(faults).length > 0) {
      this.#set({ faults, attempt: this.value.attempt + 1 });
      return;
    }
    this.#keep(values);
    await this.#attempt(input, this.#draftOf(values));
  }

  /** resolve saves what was chosen of two versions. It builds on the version of the others, and so does the draft. */
  async resolve(input: KittenInput): Promise<void> {
    const { conflict } = this.value;
    if (conflict === undefined || this.value.saving) return;
    const base = { etag: conflict.current.etag, input: editable(conflict.current.kitten) };
    const draft = { values: valuesOf(input, this.breeds), base };
    writeDraft(this.#options.draft, draft);
    await this.#attempt(input, draft);
  }

  /** back leaves a conflict as it is and returns to the form. */
  back(): void {
    if (this.value.saving) return;
    this.#keep(this.value.values);
    this.#set({ conflict: undefined });
  }

  async #attempt(input: KittenInput, draft: Draft): Promise<void> {
    this.#set({ saving: true, restored: false, error: undefined, faults: {} });
    underWay.set(this.#options.draft, this);
    let result: Sent;
    try {
      result = await this.#send(input, draft.base);
    } catch (error) {
      this.#fail(input, { attempt: this.value.attempt + 1, ...this.#failure(error) }, reasonOf(error));
      return;
    } finally {
      underWay.delete(this.#options.draft);
    }
    if ('saved' in result) this.#done(result.saved, result.added, draft);
    else this.#fail(input, { conflict: result }, 'Somebody else changed it in the meantime.');
  }

  async #send(input: KittenInput, base: Base | undefined): Promise<Sent> {
    const { api, id } = this.#options;
    if (id === undefined || base === undefined || this.value.gone)
      return { saved: await createKitten(api, input), added: true };
    const result = await saveOver(api, id, base, input);
    if (result.saved) return { saved: result.saved, added: false };
    return { base: base.input, current: result.current, mine: input };
  }

  #failure(error: unknown): Partial<EditingState> {
    if (hasStatus(error, 400)) return { faults: faultsOf(error.problem), conflict: undefined };
    if (hasStatus(error, 404) && this.#options.id !== undefined) return { gone: true, conflict: undefined };
    // The dialog that asks to sign in again says it already.
    return error instanceof SessionEndedError ? {} : { error };
  }

  #fail(input: KittenInput, change: Partial<EditingState>, why: string): void {
    this.#set({ saving: false, ...change });
    if (this.onward === undefined) this.#options.onUnsaved(input, why);
  }

  // saving stays: the page is left, or was before.
  #done(saved: Versioned, added: boolean, draft: Draft): void {
    settleDraft(this.#options.draft, draft);
    this.#options.onSaved(saved, added);
    this.onward?.(saved);
  }

  #draftOf(values: Values): Draft {
    return this.base ? { values, base: this.base } : { values };
  }

  #keep(values: Values): void {
    if (this.#differs(values)) writeDraft(this.#options.draft, this.#draftOf(values));
    else removeDraft(this.#options.draft);
  }

  #inputOf(values: Values): KittenInput {
    // The table may come, and with it another name, after the form was filled in.
    const known = this.base && { text: breedName(this.breeds, this.base.input.breed), id: this.base.input.breed };
    return inputOf(values, this.breeds, values.breed === this.#shown?.text ? this.#shown : known);
  }

  #initial(): Values {
    return this.base ? valuesOf(this.base.input, this.breeds) : emptyValues;
  }

  #differs(values: Values): boolean {
    const [now, before] = [values, this.#initial()].map((v) => JSON.stringify(this.#inputOf(v)));
    return now !== before;
  }

  #set(change: Partial<EditingState>): void {
    this.value = { ...this.value, ...change };
  }
}

/** What came of an attempt that did not fail. */
type Sent = { saved: Versioned; added: boolean } | Conflict;

/** Why an attempt failed, in one sentence. */
function reasonOf(error: unknown): string {
  if (hasStatus(error, 404)) return 'It was deleted in the meantime.';
  if (hasStatus(error, 400)) return Object.values(faultsOf(error.problem)).join(' ');
  return sentenceOf(error);
}
