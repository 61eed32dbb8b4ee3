/** Times between two probes, in milliseconds. */
const pauses = { first: 2000, most: 20_000 };

/**
 * probe makes a small read, later and later, until the function that is returned is called. In a tab that is not
 * shown nobody waits for it; when the tab is shown again, it is made at once.
 */
export function probe(read: (signal: AbortSignal) => Promise<unknown>): () => void {
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = pauses.first;
  const attempt = async () => {
    clearTimeout(timer);
    await read(stopped.signal).catch(() => {}); // how it ends is seen by the client
    next();
  };
  const next = () => {
    clearTimeout(timer);
    if (stopped.signal.aborted || document.hidden) return;
    timer = setTimeout(attempt, pause);
    pause = Math.min(pause * 2, pauses.most);
  };
  const turn = () => {
    if (document.hidden) clearTimeout(timer);
    else void attempt();
  };
  document.addEventListener('visibilitychange', turn);
  next();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', turn);
    stopped.abort(new DOMException('The service is reached again.', 'AbortError'));
  };
}
