import { useEffect, useRef, useState } from 'preact/hooks';

/** Store is a value that parts of the page are drawn from. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls the listener at every change, until the function that is returned is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

/** useStore draws a component anew at every change of a store. */
export function useStore<T>(store: Store<T>): T {
  const [, draw] = useState({});
  const drawn = useRef(store.value);
  drawn.current = store.value;
  useEffect(() => {
    const update = () => {
      if (!Object.is(drawn.current, store.value)) draw({});
    };
    // The store may have changed since the component was drawn.
    update();
    return store.subscribe(update);
  }, [store]);
  return store.value;
}
