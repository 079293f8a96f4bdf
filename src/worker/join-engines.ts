import type { BrowserEngine } from '../engine/browser/engine.ts';
import type { Engine } from '../engine/types.ts';

/** What a shard's loop needs of its engines. */
export interface LoopEngine
  extends Pick<Engine, 'polls' | 'open' | 'closing' | 'poll' | 'release' | 'closeKept' | 'abort'> {
  /** Driven by Node: how long the loop may sleep at most while anything is open, if that is not for the loop to say. */
  readonly longestRestUs?: number | undefined;
}

/** Where Node's event loop drives browsers, it must not wait long for another engine. */
const MAX_POLL_BESIDE_BROWSERS_US = 1_000;

/** Browsers' handshakes are to be looked at often enough to begin another beside a slow one. */
const BROWSERS_REST_US = 5_000;

/**
 * Combines a shard's engine and its browser populations, if any, into one engine: all of them must exist already. The
 * populations share their sockets.
 */
export function joinEngines(engine: LoopEngine, populations: readonly BrowserEngine[]): LoopEngine {
  if (populations.length === 0) return engine;
  const havePolls = populations.some(({ polls }) => polls);
  return {
    polls: engine.polls || havePolls,
    // Of what browsers do, the loop is told.
    get longestRestUs() {
      return engine.open > 0 ? undefined : BROWSERS_REST_US;
    },
    get closing() {
      return engine.closing ?? 0;
    },
    get open() {
      return populations.reduce((open, population) => open + population.open, engine.open);
    },
    poll(maxWaitUs) {
      // Populations that wait for themselves end the waits of an engine that has anything to wait for.
      const isForPopulations = havePolls && engine.open + (engine.closing ?? 0) === 0;
      if (!isForPopulations)
        engine.poll(havePolls ? maxWaitUs : Math.min(maxWaitUs, MAX_POLL_BESIDE_BROWSERS_US));
      // Whichever waits tells all of them.
      for (const [index, population] of populations.entries())
        population.poll(index === 0 && isForPopulations ? maxWaitUs : 0);
    },
    release(isHurried, arm) {
      if (arm === undefined) for (const population of populations) population.release();
      engine.release(isHurried, arm);
    },
    closeKept() {
      engine.closeKept?.();
    },
    abort() {
      for (const population of populations) population.abort();
      engine.abort();
    },
  };
}
