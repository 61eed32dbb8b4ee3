import { h, render } from 'preact';

/** renderHook runs a hook in a component of its own, for tests. */
export async function renderHook<T>(hook: () => T): Promise<{ value: () => T; unmount: () => void }> {
  const root = document.createElement('div');
  let value: T;
  function Test() {
    value = hook();
    return null;
  }
  render(h(Test, null), root);
  await effects();
  return { value: () => value, unmount: () => render(null, root) };
}

/** effects waits until the effects of what was rendered have run: Preact runs them after the next frame. */
export function effects(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
