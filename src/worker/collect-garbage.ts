import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects this thread's garbage periodically. By default V8 accumulates some 8 MB of old frames before it collects,
 * a quarter of an hour's worth, so that a leak could not be told from lazy collection.
 * @param after called each time
 * @returns a function that stops it
 */
export function collectGarbageRegularly(everyMs: number, after = (): void => undefined): () => void {
  const collect = prepareCollector();
  const timer = setInterval(() => {
    collect();
    after();
  }, everyMs).unref();
  return () => clearInterval(timer);
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
