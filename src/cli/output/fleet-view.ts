import { escapeControls } from '../../render/escape.ts';
import type { Output } from './process-output.ts';

/** Seconds between lines of a log. */
const LOG_EVERY_SEC = 10;

/** What the probes of a run are doing, on stderr: lines rewritten in place, or the first of them now and then in a log. */
export interface FleetView {
  /** Called once a second. */
  show(lines: readonly string[]): void;
  /** A line that stays. */
  say(line: string): void;
  /** Clears what is rewritten. */
  end(): void;
}

export function createFleetView(output: Output): FleetView {
  let shown = 0;
  let calls = 0;
  const clear = (): void => {
    // Up to the first of the lines, and erase to the end of the screen (ECMA-48 CUU, ED).
    if (shown > 0) output.write(`${shown > 1 ? `\x1b[${shown - 1}A` : ''}\r\x1b[J`);
    shown = 0;
  };
  return {
    show(lines) {
      calls += 1;
      if (!output.isTTY) {
        if (calls % LOG_EVERY_SEC === 0) output.write(`${lines[0] ?? ''}\n`);
        return;
      }
      clear();
      output.write(lines.join('\n'));
      shown = lines.length;
    },
    say(line) {
      clear();
      output.write(`rushhour: ${escapeControls(line)}\n`);
    },
    end: clear,
  };
}
