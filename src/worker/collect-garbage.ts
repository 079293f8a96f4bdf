import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects this thread's garbage now and then. Left to itself V8 lets some 8 MB of old frames gather before it looks, a
 * quarter of an hour's worth, so that a leak could not be told from laziness.
 * @param after is called each time
 * @returns what ends it
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
 * V8 shows its collector to contexts that are made after this flag was set, and to no other: to a worker's own, where the
 * thread that begins it has set it, else to one made for it when it is wanted. The flag is the process's and stays: taken
 * back, it would be gone for another worker that is about to ask.
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
