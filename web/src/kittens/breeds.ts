import { useQuery } from '@tanstack/preact-query';
import { useAccount, useApp } from '../app/context.ts';
import { may } from '../auth/account.ts';
import { type Breed, breedsQuery } from './data.ts';

/** useBreeds is the table of breeds; empty until it is there, and for those who may not see it. */
export function useBreeds(): readonly Breed[] {
  const { api } = useApp();
  const account = useAccount();
  const { data } = useQuery({ ...breedsQuery(api), enabled: may(account, 'breedsGet') });
  return data ?? [];
}

/** The name of a breed. Any id is allowed, so one that the table does not have is spelled as a name. */
export function breedName(breeds: readonly Breed[], id: string): string {
  return breeds.find((b) => b.breedId === id)?.name ?? spelled(breeds, id);
}

function spelled(breeds: readonly Breed[], id: string): string {
  const name = id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
  // What could not be turned back into the id, or is the name of another breed, is shown as it is.
  return breedId(breeds, name) === id ? name : id;
}

/** The id that a text in the field of the breed means: that of a breed with this name, or one made of it. */
export function breedId(breeds: readonly Breed[], text: string): string {
  const trimmed = text.trim();
  const same = (b: Breed) => b.name.toLowerCase() === trimmed.toLowerCase() || b.breedId === trimmed;
  const known = breeds.find(same);
  if (known) return known.breedId;
  return /^[a-z][a-z0-9-]*$/.test(trimmed) ? trimmed : idOf(trimmed);
}

function idOf(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
