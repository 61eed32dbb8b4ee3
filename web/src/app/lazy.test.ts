import { h, render } from 'preact';
import { expect, test, vi } from 'vitest';
import { effects } from '../ui/renderHook.ts';
import { lazy } from './lazy.tsx';

const Hello = ({ name }: { name: string }) => h('p', null, `Hello ${name}`);

test.each([
  ['before it is shown', true],
  ['between being shown and its effects', false],
])('what is fetched %s is shown', async (_, before) => {
  const root = document.createElement('div');
  const load = vi.fn(async () => Hello);
  const Late = lazy(load);
  Late.preload();
  if (before) await effects();
  render(h(Late, { name: 'Minka' }), root);
  await effects();
  await vi.waitFor(() => expect(root.textContent).toBe('Hello Minka'));
  expect(load).toHaveBeenCalledTimes(1);
  render(null, root);
});

test('what is not there yet has its place kept, and is fetched once it is shown', async () => {
  const root = document.createElement('div');
  let arrive = () => {};
  const Late = lazy(
    () =>
      new Promise<typeof Hello>((resolve) => {
        arrive = () => resolve(Hello);
      }),
  );
  render(h(Late, { name: 'Minka' }), root);
  expect(root.textContent).toContain('Loading');
  await effects();
  arrive();
  await vi.waitFor(() => expect(root.textContent).toBe('Hello Minka'));
  render(null, root);
});
