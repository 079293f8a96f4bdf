import type { BrowserEngine } from '../engine/browser/engine.ts';
import type { Engine } from '../engine/types.ts';

/** What a shard's loop needs of its engines. */
export interface LoopEngine
  extends Pick<Engine, 'polls' | 'open' | 'closing' | 'poll' | 'release' | 'closeKept' | 'abort'> {
  /** Driven by Node: how long the loop may sleep at most while anything is open, if that is not for the loop to say. */
  readonly longestRestUs?: number | undefined;
}

/** Browsers' handshakes are to be looked at often enough to begin another beside a slow one. */
const BROWSERS_REST_US = 5_000;

/**
 * Combines a shard's engine and its browser populations, if any, into one engine: all of them must exist already. The
 * populations share their sockets.
 */
export function joinEngines(engine: LoopEngine, populations: readonly BrowserEngine[]): LoopEngine {
  if (populations.length === 0) return engine;
  return {
    polls: engine.polls,
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
      // Beside an engine that waits, browsers' sockets are to be waited for too. One with anything open does that; else they do.
      const isIdle = engine.polls && engine.open + (engine.closing ?? 0) === 0;
      if (!isIdle) engine.poll(maxWaitUs);
      // They share their sockets: whichever waits tells all of them.
      for (const [index, population] of populations.entries())
        population.poll(isIdle && index === 0 ? maxWaitUs : 0);
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
