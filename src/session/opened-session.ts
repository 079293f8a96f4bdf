import type { FirewallWatch } from '../evidence/firewall/firewall-watch.ts';
import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { SessionSums } from '../read/session-sums.ts';
import type { SessionWriter } from '../store/session-writer.ts';
import type { EventLog, Noted } from './event-log.ts';
import type { SessionClock } from './host/clocks.ts';
import type { Clocks } from './host/read-clocks.ts';
import type { Schedule } from './progress.ts';
import type { LoadSegment } from './segment.ts';
import type { RunListener, RunPlan } from './types.ts';
import type { Undo } from './undo.ts';

/** What opens a session: who hears of it, what it tells time by, and what takes back all that is opened. */
export interface SessionOpening {
  readonly listener: RunListener;
  readonly clocks: Clocks;
  readonly undo: Undo;
}

/** A run or soak whose folder exists: its writer, and what is known by then. */
export interface OpenedSession {
  readonly writer: SessionWriter;
  readonly clock: SessionClock;
  readonly events: EventLog;
  /** All that was recorded so far. */
  readonly sums: SessionSums;
  readonly plan: RunPlan;
  /** Asks the firewall, where the scenario says how. */
  readonly firewall?: FirewallWatch;
  readonly schedule: Schedule;
  /** How it comes that load begins to flow; undefined: that is nothing to note. */
  readonly first?: (flowsSec: number) => Noted;
  /** The first second that is not recorded. */
  readonly next: number;
  /** Ready to start; absent where a soak goes on, which waits for what it needs, or where nothing is left to do. */
  readonly segment?: LoadSegment;
  /** What an earlier process recorded, if it is resumed, apart from `again`. */
  readonly before?: Frame;
  /** Seconds of an earlier process that it may not have passed on to sinks. */
  readonly again?: readonly RecordedSecond[];
}
