import { QueryClient } from '@tanstack/preact-query';
import { expect, test, vi } from 'vitest';
import { itemsOf, type KittenItem, renewLists } from './data.ts';

const item = (kittenId: string, version = 1): KittenItem => ({
  kittenId,
  name: kittenId,
  breed: 'siam',
  birthDate: '2024-01-01',
  version,
  createdAt: '',
  updatedAt: '',
});

test('a kitten that moved to another page meanwhile is listed once, as it was read last', () => {
  const pages = [{ items: [item('a'), item('b')] }, { items: [item('a', 2), item('c')] }, { items: [] }];
  expect(itemsOf(pages)).toEqual([item('a', 2), item('b'), item('c')]);
});

test('many pictures that expire together have the lists fetched anew once', async () => {
  const queries = new QueryClient();
  const invalidate = vi.spyOn(queries, 'invalidateQueries');
  for (let n = 0; n < 20; n++) renewLists(queries, 1000 + n);
  expect(invalidate).toHaveBeenCalledExactlyOnceWith({ queryKey: ['kittens'] }, { cancelRefetch: false });
  renewLists(queries, 31_000);
  expect(invalidate).toHaveBeenCalledTimes(2);
});
