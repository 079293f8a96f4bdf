import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects this thread's garbage periodically: a first time once it has started, which leaves most of it, and then regularly. By default V8 accumulates some 8 MB of old frames before it collects,
 * a quarter of an hour's worth, so that a leak could not be told from lazy collection.
 * @param after called each time
 * @param firstMs when to collect for the first time
 * @returns a function that stops it
 */
export function collectGarbageRegularly(
  everyMs: number,
  after = (): void => undefined,
  firstMs = everyMs,
): () => void {
  const collect = prepareCollector();
  const collectNow = (): void => {
    timer = setTimeout(collectNow, everyMs).unref();
    collect();
    after();
  };
  let timer = setTimeout(collectNow, firstMs).unref();
  return () => clearTimeout(timer);
}

/**
 * V8 exposes its collector only to contexts created after this flag was set: a worker's own context, if the thread
 * that starts it has set the flag, otherwise a new context created when needed. The flag is process-wide and stays
 * set: clearing it would take it from another worker about to use it.
 */
function prepareCollector(): () => void {
  setFlagsFromString('--expose-gc');
  let collect: (() => void) | undefined;
  return () => {
    collect ??= findCollector();
    collect();
  };
}

function findCollector(): () => void {
  const collect: unknown = globalThis.gc ?? runInNewContext('globalThis.gc');
  return typeof collect === 'function' ? () => void collect() : () => undefined;
}
