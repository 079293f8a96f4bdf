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

/** What opening a session takes: its listener, the clocks, and the steps that undo it. */
export interface SessionOpening {
  readonly listener: RunListener;
  readonly clocks: Clocks;
  readonly undo: Undo;
}

/** A run or soak whose folder exists: its writer, and what is known at that point. */
export interface OpenedSession {
  readonly writer: SessionWriter;
  readonly clock: SessionClock;
  readonly events: EventLog;
  /** Totals of everything recorded so far. */
  readonly sums: SessionSums;
  readonly plan: RunPlan;
  /** Runs the scenario's firewall commands, if it has any. */
  readonly firewall?: FirewallWatch;
  readonly schedule: Schedule;
  /** The event to record when load begins; undefined: none. */
  readonly first?: (flowsSec: number) => Noted;
  /** The first second not yet recorded. */
  readonly next: number;
  /** Ready to start; absent for a resumed soak, which waits for what it needs, and if nothing is left to do. */
  readonly segment?: LoadSegment;
  /** For a resumed session: what earlier processes recorded, without `again`. */
  readonly before?: Frame;
  /** Seconds that an earlier process may not have passed on to sinks. */
  readonly again?: readonly RecordedSecond[];
}
