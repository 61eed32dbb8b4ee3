import type { KittenInput } from './data.ts';
import { type Field, fields } from './fields.ts';

/** Side is whose version of a field to take. */
export type Side = 'mine' | 'theirs';

/** Difference is a field in which two versions of a kitten are not the same. */
export interface Difference {
  field: Field;
  /** Who changed it since the version that both began with. */
  changedBy: 'me' | 'them' | 'both';
}

/** Merge is an attempt to save what somebody else changed in the meantime. */
export interface Merge {
  differences: Difference[];
  /** What is taken unless something else is chosen: of each field the version that was changed. */
  suggested: Record<Field, Side>;
}

/** compare sets my changes of a version against those that others made of it. */
export function compare(base: KittenInput, mine: KittenInput, theirs: KittenInput): Merge {
  const differences: Difference[] = [];
  const suggested = Object.fromEntries(fields.map((f) => [f, 'mine'])) as Record<Field, Side>;
  for (const field of fields) {
    const [before, my, their] = [base, mine, theirs].map((v) => v[field] ?? '');
    if (my === their) continue;
    const changedBy = my === before ? 'them' : their === before ? 'me' : 'both';
    if (changedBy === 'them') suggested[field] = 'theirs';
    differences.push({ field, changedBy });
  }
  return { differences, suggested };
}

/**
 * untouched says that nothing that the form edits was changed by others: a photo, say, gives a kitten a new
 * version too.
 */
export function untouched(base: KittenInput, theirs: KittenInput): boolean {
  return fields.every((f) => (base[f] ?? '') === (theirs[f] ?? ''));
}

/** choose makes one version of two. */
export function choose(mine: KittenInput, theirs: KittenInput, sides: Record<Field, Side>): KittenInput {
  const { name, breed, birthDate } = pick(mine, theirs, sides);
  const description = (sides.description === 'mine' ? mine : theirs).description;
  return { name, breed, birthDate, ...(description ? { description } : {}) };
}

function pick(mine: KittenInput, theirs: KittenInput, sides: Record<Field, Side>) {
  const of = (field: 'name' | 'breed' | 'birthDate') => (sides[field] === 'mine' ? mine : theirs)[field];
  return { name: of('name'), breed: of('breed'), birthDate: of('birthDate') };
}
