import type { Engine } from '../types.ts';
import type { EchoEngine } from './engine.ts';

/** Another engine has to look after pings as well, and must not wait long meanwhile. */
const MAX_POLL_BESIDE_US = 1_000;

/** An engine whose arms of these numbers ping. */
export function withEchoes(engine: Engine, echoes: EchoEngine, arms: ReadonlySet<number>): Engine {
  const { closeKept, takeDrops } = engine;
  return {
    name: engine.name,
    readsTcpInfo: engine.readsTcpInfo,
    polls: engine.polls,
    get open() {
      return engine.open + echoes.open;
    },
    get closing() {
      return engine.closing ?? 0;
    },
    start(arm, attempt, due, source, sourcePort, isContinued) {
      if (arms.has(arm)) echoes.start(arm, attempt, due, source);
      else engine.start(arm, attempt, due, source, sourcePort, isContinued);
    },
    poll(maxWaitUs) {
      if (echoes.open > 0) echoes.look();
      engine.poll(echoes.open > 0 ? Math.min(maxWaitUs, MAX_POLL_BESIDE_US) : maxWaitUs);
    },
    release: (isHurried, arm) => engine.release(isHurried, arm),
    ...(closeKept === undefined ? {} : { closeKept: () => engine.closeKept?.() }),
    abort() {
      echoes.abort();
      engine.abort();
    },
    ...(takeDrops === undefined ? {} : { takeDrops: () => engine.takeDrops?.() ?? {} }),
    close() {
      echoes.close();
      engine.close();
    },
  };
}
