import type { Api } from '../api/client.ts';
import { hasStatus, SessionEndedError } from '../api/errors.ts';
import { Store } from '../ui/store.ts';
import { type Breed, createKitten, type KittenInput, type Versioned } from './data.ts';
import { type Draft, readDraft, removeDraft, writeDraft } from './drafts.ts';
import { editable, emptyValues, inputOf, type Values, valuesOf } from './fields.ts';
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
  onSaved: (saved: Versioned, added: boolean) => void;
}

/** Editing is what happens between the first letter that is typed and the answer that all is saved. */
export class Editing extends Store<EditingState> {
  /** The table of breeds as far as it is known, by which names become ids. */
  breeds: readonly Breed[] = [];
  readonly base: Base | undefined;
  readonly #options: EditingOptions;
  #last: (() => Promise<void>) | undefined;

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
  }

  /** Says whether there is anything to save. */
  get changed(): boolean {
    return this.#differs(this.value.values);
  }

  /** change takes what is typed, and keeps it as a draft. */
  change(values: Values): void {
    if (this.#differs(values)) writeDraft(this.#options.draft, this.base ? { values, base: this.base } : { values });
    else removeDraft(this.#options.draft);
    // Faults go as they are corrected; new ones are shown when saving is tried again.
    const now = this.value.attempt > 0 ? validate(inputOf(values, this.breeds)) : {};
    const left = Object.entries(this.value.faults).filter(([field]) => now[field as keyof Faults] !== undefined);
    this.#set({ values, faults: Object.fromEntries(left) });
  }

  /** discard goes back to what is saved. */
  discard(): void {
    removeDraft(this.#options.draft);
    this.#set({ values: this.#initial(), faults: {}, error: undefined, restored: false });
  }

  /** save saves the values, if they are right. */
  async save(): Promise<void> {
    const input = inputOf(this.value.values, this.breeds);
    const faults = validate(input);
    if (Object.keys(faults).length > 0) this.#set({ faults, attempt: this.value.attempt + 1 });
    else await this.#attempt(input, this.base);
  }

  /** retry makes the last attempt once more. */
  async retry(): Promise<void> {
    await this.#last?.();
  }

  /** resolve saves what was chosen of two versions. It builds on the version of the others, and so does the draft. */
  async resolve(input: KittenInput): Promise<void> {
    const { conflict } = this.value;
    if (conflict === undefined) return;
    const base = { etag: conflict.current.etag, input: editable(conflict.current.kitten) };
    writeDraft(this.#options.draft, { values: valuesOf(input, this.breeds), base });
    await this.#attempt(input, base);
  }

  /** back leaves a conflict as it is and returns to the form. */
  back(): void {
    this.#set({ conflict: undefined });
  }

  async #attempt(input: KittenInput, base: Base | undefined): Promise<void> {
    if (this.value.saving) return;
    this.#last = () => this.#attempt(input, base);
    this.#set({ saving: true, error: undefined, faults: {} });
    try {
      const { api, id } = this.#options;
      if (id === undefined || base === undefined || this.value.gone) {
        this.#done(await createKitten(api, input), true);
        return;
      }
      const result = await saveOver(api, id, base, input);
      if (result.saved) this.#done(result.saved, false);
      else this.#set({ saving: false, conflict: { base: base.input, current: result.current, mine: input } });
    } catch (error) {
      this.#set({ saving: false, attempt: this.value.attempt + 1, ...this.#failure(error) });
    }
  }

  #failure(error: unknown): Partial<EditingState> {
    if (hasStatus(error, 400)) return { faults: faultsOf(error.problem), conflict: undefined };
    if (hasStatus(error, 404) && this.#options.id !== undefined) return { gone: true, conflict: undefined };
    // The dialog that asks to sign in again says it already.
    return error instanceof SessionEndedError ? {} : { error };
  }

  // saving stays: whoever is told leaves the page.
  #done(saved: Versioned, added: boolean): void {
    removeDraft(this.#options.draft);
    this.#options.onSaved(saved, added);
  }

  #initial(): Values {
    return this.base ? valuesOf(this.base.input, this.breeds) : emptyValues;
  }

  #differs(values: Values): boolean {
    const [now, before] = [values, this.#initial()].map((v) => JSON.stringify(inputOf(v, this.breeds)));
    return now !== before;
  }

  #set(change: Partial<EditingState>): void {
    this.value = { ...this.value, ...change };
  }
}
