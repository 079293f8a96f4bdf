import { renderPlan } from '../render/plan.ts';
import { renderProgress } from '../render/progress.ts';
import type { Progress, RunPlan } from '../run/types.ts';
import type { Host } from './host.ts';

/** Seconds between the lines of a log. */
const LOG_EVERY_US = 5_000_000;

/** Carriage return, then erase to the end of the line (ECMA-48 EL). */
const REWRITE = '\r\x1b[K';

/** What is seen of a run while it lasts, on stderr: one line rewritten in place, or lines now and then in a log. */
export interface LiveView {
  planned(plan: RunPlan): void;
  progress(progress: Progress): void;
  /** A line that stays. */
  say(line: string): void;
  /** Takes the live line away. */
  end(): void;
}

export function createLiveView({ stderr }: Host, quiet: boolean): LiveView {
  let durationUs: number | undefined;
  let shown = false;
  let nextLogUs = LOG_EVERY_US;
  const clear = (): void => {
    if (shown) stderr.write(REWRITE);
    shown = false;
  };
  return {
    planned(plan) {
      durationUs = plan.durationUs;
      clear();
      stderr.write(renderPlan(plan));
    },
    progress(progress) {
      if (quiet) return;
      if (stderr.isTTY) {
        // A line as wide as the terminal would wrap, and the next could not rewrite it.
        stderr.write(REWRITE + renderProgress(progress, durationUs, stderr.columns - 1));
        shown = true;
      } else if (progress.elapsedUs >= nextLogUs) {
        stderr.write(`${renderProgress(progress, durationUs, Number.POSITIVE_INFINITY)}\n`);
        nextLogUs = (Math.floor(progress.elapsedUs / LOG_EVERY_US) + 1) * LOG_EVERY_US;
      }
    },
    say(line) {
      clear();
      stderr.write(`rushhour: ${line}\n`);
    },
    end: clear,
  };
}
