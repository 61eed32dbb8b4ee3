import { draftPrefix } from '../auth/tab.ts';
import type { KittenInput } from './data.ts';
import { fields, type Values } from './fields.ts';

/** Draft is what was typed and not saved. */
export interface Draft {
  values: Values;
  /** The version that is being edited; a new kitten has none. */
  base?: { etag: string; input: KittenInput };
}

/**
 * Drafts stay in the tab over a reload, a sign-in, and the sign-out of another tab. They are somebody's: whoever
 * signs in next in this tab does not see them.
 */
export function draftKey(subject: string, form: string): string {
  return `${draftPrefix}${subject}.${form}`;
}

export function readDraft(key: string): Draft | undefined {
  try {
    const draft: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    return isDraft(draft) ? draft : undefined;
  } catch {
    return undefined;
  }
}

export function writeDraft(key: string, draft: Draft): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // Storage is full or forbidden: the form works without.
  }
}

export function removeDraft(key: string): void {
  sessionStorage.removeItem(key);
}

/** settleDraft removes a draft that was saved, unless something else was typed in its place since. */
export function settleDraft(key: string, saved: Draft): void {
  if (sessionStorage.getItem(key) === JSON.stringify(saved)) removeDraft(key);
}

// A release may have changed the fields since the draft was written.
function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null || !('values' in value)) return false;
  const { values } = value;
  if (typeof values !== 'object' || values === null) return false;
  return fields.every((f) => typeof (values as Record<string, unknown>)[f] === 'string');
}
