import type { PacerCursor } from '../plan/pacer.ts';
import type { Feeder, Launcher } from './feeder.ts';

/**
 * Open loop: attempts start when the clock says so, whatever became of the earlier ones. One that cannot start waits
 * for room and is started late; past `maxLatenessUs` it is given up as unsent.
 */
export function createOpenFeeder(cursor: PacerCursor, launcher: Launcher, maxLatenessUs: number): Feeder {
  let stopped = false;
  return {
    nextDueUs: () => (stopped ? Number.POSITIVE_INFINITY : cursor.atUs),
    launch(nowUs, budget) {
      if (stopped) return 0;
      let handled = 0;
      while (handled < budget && cursor.atUs <= nowUs) {
        const room = launcher.hasRoom();
        if (nowUs - cursor.atUs > maxLatenessUs) {
          launcher.skip(cursor.attempt, room ? 'unsent-late' : 'unsent-open-limit');
        } else if (room) {
          launcher.start(cursor.attempt, cursor.atUs);
        } else {
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
