import type { DropReason } from '../outcome/outcome.ts';
import type { ClosedShare } from '../plan/closed.ts';
import { type Feeder, type Launcher, RETRY_US } from './feeder.ts';

/**
 * How long an attempt waits for credentials: a restarted KDC is back by then. After that the attempt is abandoned.
 */
const CREDENTIALS_WAIT_US = 10_000_000;

/**
 * Closed loop ("ab -c"): the next attempt starts when one has ended. There is no schedule to be late against, so an
 * attempt's intended start is its actual one.
 */
export function createClosedFeeder(share: ClosedShare, launcher: Launcher): Feeder {
  let open = 0;
  let begun = 0;
  let stopped = false;
  let retryAtUs = 0;
  /** Since when there have been no credentials; -1 if there are some. */
  let withoutSinceUs = -1;
  /** Whether the next attempt will never get what it needs: a loop bounded only by its count would never end. */
  const isInVain = (blockedReason: DropReason, nowUs: number): boolean => {
    if (blockedReason !== 'unsent-no-credentials') return false;
    if (withoutSinceUs < 0) withoutSinceUs = nowUs;
    return nowUs - withoutSinceUs >= CREDENTIALS_WAIT_US;
  };
  const mayStart = (nowUs: number): boolean =>
    !stopped && begun < share.attempts && nowUs < share.forUs && open < share.concurrency;
  return {
    standing(nowUs) {
      if (stopped || begun >= share.attempts || nowUs >= share.forUs) return 'exhausted';
      return open < share.concurrency ? 'timed' : 'waiting';
    },
    nextDueUs: () => retryAtUs,
    launch(nowUs, budget) {
      let handled = 0;
      while (handled < budget && mayStart(nowUs)) {
        const blockedReason = launcher.blockedReason(nowUs);
        const attempt = share.first + begun * share.stride;
        if (blockedReason === undefined) {
          withoutSinceUs = -1;
          open += 1;
          launcher.startUndue(attempt);
        } else if (isInVain(blockedReason, nowUs)) {
          launcher.drop(attempt, blockedReason);
        } else {
          retryAtUs = nowUs + RETRY_US;
          break;
        }
        begun += 1;
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
