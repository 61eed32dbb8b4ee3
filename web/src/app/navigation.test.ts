import { afterEach, expect, test, vi } from 'vitest';
import { renderHook } from '../ui/renderHook.ts';
import { aroundNav, arrivedBy, beforeSignOut, departure, unguard, useGuard, watchHistory } from './navigation.ts';

watchHistory();
const navigate = vi.fn();

afterEach(() => {
  unguard();
  departure.value = undefined;
});

test('the page that the root leads to is the first one, and what takes the place of another page is not', () => {
  history.replaceState(null, '', '/');
  aroundNav(navigate, '/kittens', { replace: true });
  expect(arrivedBy()).toBe('load');
  history.replaceState(null, '', '/kittens/new');
  aroundNav(navigate, '/kittens/1', { replace: true });
  expect(arrivedBy()).toBe('link');
});

test('links are followed while nothing is unsaved', () => {
  aroundNav(navigate, '/kittens', {});
  expect(navigate).toHaveBeenCalledWith('/kittens', {});
  expect(arrivedBy()).toBe('link');
  expect(departure.value).toBeUndefined();
});

test('unsaved changes are asked about, and stay or go', async () => {
  const form = await renderHook(() => useGuard(true, 'Not saved.'));
  aroundNav(navigate, '/kittens', {});
  expect(navigate).not.toHaveBeenCalled();
  expect(departure.value?.text).toBe('Not saved.');
  departure.value?.stay();
  expect(navigate).not.toHaveBeenCalled();
  aroundNav(navigate, '/kittens', {});
  departure.value?.leave();
  expect(navigate).toHaveBeenCalledTimes(1);
  expect(departure.value).toBeUndefined();
  form.unmount();
});

test('closing the tab asks only while something is unsaved', async () => {
  const asks = () => !dispatchEvent(new Event('beforeunload', { cancelable: true }));
  expect(asks()).toBe(false);
  const form = await renderHook(() => useGuard(true, 'Not saved.'));
  expect(asks()).toBe(true);
  form.unmount();
  expect(asks()).toBe(false);
});

test('going back is held up, and done after the answer', async () => {
  history.replaceState(null, '', '/kittens/1');
  history.pushState(null, '', '/kittens/1/edit');
  const form = await renderHook(() => useGuard(true, 'Not saved.'));
  const later = vi.fn();
  addEventListener('popstate', later);
  const came = new Promise((resolve) => addEventListener('popstate', resolve, { once: true, capture: true }));
  history.back();
  await vi.waitFor(() => expect(departure.value).toBeDefined());
  expect(location.pathname).toBe('/kittens/1/edit');
  expect(later).not.toHaveBeenCalled();
  departure.value?.leave();
  await came;
  await vi.waitFor(() => expect(location.pathname).toBe('/kittens/1'));
  expect(arrivedBy()).toBe('history');
  removeEventListener('popstate', later);
  form.unmount();
});

test('of several things that are not done, each is asked about until it is done', async () => {
  const photo = await renderHook(() => useGuard(true, 'Being sent.'));
  const deletion = await renderHook(() => useGuard(true, 'Being deleted.'));
  aroundNav(navigate, '/kittens', {});
  expect(departure.value?.text).toBe('Being deleted.');
  departure.value?.stay();
  deletion.unmount();
  aroundNav(navigate, '/kittens', {});
  expect(departure.value?.text).toBe('Being sent.');
  photo.unmount();
});

test('a question that is open says what is true by now, and goes when nothing is left to ask', async () => {
  const form = await renderHook(() => useGuard(true, 'Saving.'));
  aroundNav(navigate, '/kittens', {});
  expect(departure.value?.text).toBe('Saving.');
  const later = await renderHook(() => useGuard(true, 'Not saved.'));
  expect(departure.value?.text).toBe('Not saved.');
  unguard();
  expect(departure.value).toBeUndefined();
  later.unmount();
  form.unmount();
});

test('signing out is asked about with what it takes away', async () => {
  const end = vi.fn();
  beforeSignOut(undefined, end);
  expect(end).toHaveBeenCalledTimes(1);
  beforeSignOut('There are drafts.', end);
  expect(departure.value).toMatchObject({ way: 'signOut', text: 'There are drafts.' });
  departure.value?.stay();
  expect(end).toHaveBeenCalledTimes(1);
  const form = await renderHook(() => useGuard(true, 'Kept as a draft.', 'Removed.'));
  beforeSignOut('There are drafts.', end);
  expect(departure.value?.text).toBe('Removed.');
  departure.value?.leave();
  expect(end).toHaveBeenCalledTimes(2);
  form.unmount();
});
