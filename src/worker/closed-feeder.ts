import type { ClosedShare } from '../plan/closed.ts';
import { type Feeder, type Launcher, RETRY_US } from './feeder.ts';

/**
 * Closed loop ("ab -c"): the next attempt starts when one has ended. There is no schedule to be late against, so an
 * attempt's intended start is its actual one.
 */
export function createClosedFeeder(share: ClosedShare, launcher: Launcher): Feeder {
  let open = 0;
  let begun = 0;
  let stopped = false;
  let retryAtUs = 0;
  const mayStart = (nowUs: number): boolean =>
    !stopped && begun < share.attempts && nowUs < share.forUs && open < share.concurrency;
  return {
    nextDueUs(nowUs) {
      if (stopped || begun >= share.attempts || nowUs >= share.forUs) return Number.POSITIVE_INFINITY;
      return open < share.concurrency ? retryAtUs : share.forUs;
    },
    launch(nowUs, budget) {
      let handled = 0;
      while (handled < budget && mayStart(nowUs)) {
        if (launcher.obstacle(nowUs) !== undefined) {
          retryAtUs = nowUs + RETRY_US;
          break;
        }
        open += 1;
        const attempt = share.first + begun * share.stride;
        begun += 1;
        launcher.start(attempt, launcher.now());
        handled += 1;
      }
      return handled;
    },
    settled() {
      open -= 1;
    },
    stop() {
      stopped = true;
    },
  };
}
