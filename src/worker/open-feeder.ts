import type { PacerCursor } from '../plan/pacer.ts';
import { type Feeder, type Launcher, RETRY_US, Waits } from './feeder.ts';

/**
 * Open loop: attempts start on schedule, whatever happened to earlier ones. An attempt that cannot start waits for
 * capacity or for a source port and starts late; past `maxLatenessUs` it is counted as unsent.
 */
export function createOpenFeeder(cursor: PacerCursor, launcher: Launcher, maxLatenessUs: number): Feeder {
  let stopped = false;
  let retryAtUs = 0;
  const waits = new Waits();
  return {
    standing: () => (stopped || cursor.atUs === Number.POSITIVE_INFINITY ? 'exhausted' : 'timed'),
    nextDueUs: () => Math.max(cursor.atUs, retryAtUs),
    launch(nowUs, budget) {
      if (stopped) return 0;
      let handled = 0;
      while (handled < budget && cursor.atUs <= nowUs) {
        const blockedReason = launcher.blockedReason(nowUs);
        if (nowUs - cursor.atUs > maxLatenessUs) {
          launcher.drop(cursor.attempt, waits.reasonOf(cursor.atUs, blockedReason));
        } else if (blockedReason === undefined) {
          launcher.start(cursor.attempt, cursor);
        } else {
          waits.note(blockedReason, nowUs);
          retryAtUs = nowUs + RETRY_US;
          break;
        }
        cursor.advance();
        handled += 1;
      }
      return handled;
    },
    settled() {},
    stop() {
      stopped = true;
    },
  };
}
