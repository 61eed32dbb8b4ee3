import { useLayoutEffect, useRef } from 'preact/hooks';

/** useShown says, to what ends later, whether the component is still on the page. */
export function useShown(): { readonly current: boolean } {
  const shown = useRef(true);
  useLayoutEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return shown;
}
