import { statSync } from 'node:fs';
import type { CaptureFile } from '../../evidence/pcap/read-files.ts';
import { escapeControls } from '../../render/escape.ts';
import { renderPlan } from '../../render/plan.ts';
import { renderProgress } from '../../render/progress.ts';
import type { Origin } from '../../scenario/load.ts';
import type { Progress, RunPlan } from '../../session/types.ts';
import type { Host } from '../host.ts';
import { createReadingProgress, type ReadingProgress } from './reading-progress.ts';

/** Interval of log lines. */
const LOG_EVERY_US = 5_000_000;

/** Carriage return, then erase to the end of the line (ECMA-48 EL). */
const REWRITE = '\r\x1b[K';

/** The progress of a run, on stderr: one line rewritten in place, or occasional lines in a log. */
export interface LiveView {
  planned(plan: RunPlan): void;
  progress(progress: Progress): void;
  /** So many bytes of a large file have been read. */
  reading(file: CaptureFile, bytes: number): void;
  /** A line that stays. */
  say(line: string): void;
  /** Clears the live line. */
  end(): void;
}

/**
 * @param logEveryUs interval of log lines
 * @param origins of the proxy and the target
 */
export function createLiveView(
  host: Host,
  quiet: boolean,
  logEveryUs: number = LOG_EVERY_US,
  origins: readonly Origin[] = [],
): LiveView {
  let durationUs: number | undefined;
  const { stderr } = host;
  let shown = false;
  let read: ReadingProgress | undefined;
  let nextLogUs = logEveryUs;
  const clear = (): void => {
    read?.clear();
    if (shown) stderr.write(REWRITE);
    shown = false;
  };
  return {
    planned(plan) {
      durationUs = plan.durationUs;
      clear();
      stderr.write(renderPlan(plan, origins, stderr.columns));
    },
    progress(progress) {
      if (quiet) return;
      if (stderr.isTTY) {
        // A line as wide as the terminal would wrap, and could not be rewritten.
        stderr.write(REWRITE + renderProgress(progress, durationUs, stderr.columns - 1));
        shown = true;
      } else if (progress.elapsedUs >= nextLogUs) {
        stderr.write(`${renderProgress(progress, durationUs, Number.POSITIVE_INFINITY)}\n`);
        nextLogUs = (Math.floor(progress.elapsedUs / logEveryUs) + 1) * logEveryUs;
      }
    },
    reading({ path, shown: name }, bytes) {
      if (quiet) return;
      read ??= createReadingProgress(host);
      read.tell(name, bytes, () => statSync(path).size);
    },
    say(line) {
      clear();
      stderr.write(`rushhour: ${escapeControls(line)}\n`);
    },
    end: clear,
  };
}
