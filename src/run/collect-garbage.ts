import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * This thread opens no connections: a pause of some ten milliseconds delays none. Left to itself V8 lets some 8 MB of old
 * frames gather before it looks, a quarter of an hour's worth, so that a leak could not be told from laziness.
 */
const EVERY_MS = 60_000;

/** Collects this thread's garbage now and then. @returns what ends it */
export function collectGarbageRegularly(): () => void {
  const collect = findCollector();
  const timer = setInterval(collect, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** V8 shows its collector to contexts that are made after this flag was set, and to no other. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return typeof collect === 'function' ? () => void collect() : () => undefined;
}
