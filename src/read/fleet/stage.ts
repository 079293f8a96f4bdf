import type { Stage } from '../../analysis/sites/types.ts';
import { loadDurationUs, longestUs } from '../../scenario/load-shape.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { FleetFilePart } from '../../store/fleet-file.ts';

/** A probe has not begun before its clock says so, which may be somewhat off; milliseconds. */
const BEGINS_WITHIN_MS = 15_000;
/**
 * Once all seconds of its load are here, open attempts may end, and the rest of the folder is sent. One that was silent before is
 * waited for no longer than its planned end. Milliseconds.
 */
const ENDS_WITHIN_MS = 120_000;
/** Of one that tells that it has begun, the first of its folder is here by then; milliseconds. */
const FIRST_WITHIN_MS = 60_000;

/** How long the run of a probe takes, microseconds. */
export interface Planned {
  readonly loadUs: number;
  /** With its check before the load, and connections that are held. */
  readonly wholeUs: number;
}

/** @param soakUs how long it lasts if it is a soak */
export function planOf(scenario: Scenario, soakUs: number | undefined): Planned {
  if (soakUs !== undefined) return { loadUs: soakUs, wholeUs: soakUs };
  const loadUs = Math.max(0, ...scenario.arms.map(({ load }) => loadDurationUs(load) ?? 0));
  return { loadUs, wholeUs: longestUs(scenario) };
}

/**
 * Whether more is to come of a probe's part, by what it told and by the time.
 * @param startsAtMs second 0 by the clock of the operator; 0: not known. Milliseconds since 1970, as is `nowMs`
 * @param planned undefined: not known, as nothing of its folder is here
 */
export function stageOf(
  { events, offset, isRevoked }: FleetFilePart,
  {
    startsAtMs,
    planned,
    recordedSec,
    nowMs,
  }: {
    readonly startsAtMs: number;
    readonly planned: Planned | undefined;
    readonly recordedSec: number | undefined;
    readonly nowMs: number;
  },
): Stage {
  if (isRevoked === true || events.some(({ kind }) => kind === 'ended' || kind === 'refused')) return 'over';
  const started = events.find((event) => event.kind === 'started');
  if (started !== undefined) {
    const begunMs = started.startedAtMs - (offset?.offsetMs ?? 0);
    const fromMs = startsAtMs === 0 ? begunMs : Math.min(begunMs, startsAtMs);
    return nowMs < fromMs + longestMs(planned, recordedSec) ? 'running' : 'over';
  }
  const isAccepted = events.some(({ kind }) => kind === 'accepted');
  return isAccepted && nowMs < startsAtMs + BEGINS_WITHIN_MS ? 'waiting' : 'over';
}

/** For so long after second 0 more is to come, milliseconds. */
function longestMs(planned: Planned | undefined, recordedSec: number | undefined): number {
  if (planned === undefined) return FIRST_WITHIN_MS;
  const hasSentAll = recordedSec !== undefined && recordedSec >= secondsOf(planned);
  return planned.wholeUs / 1_000 + (hasSentAll ? ENDS_WITHIN_MS : 0);
}

function secondsOf({ loadUs }: Planned): number {
  return Math.floor(loadUs / 1_000_000);
}

/** What is missing of a part of which more is to come, in a sentence without its name. */
export function describeStage(
  stage: Exclude<Stage, 'over'>,
  planned: Planned | undefined,
  recordedSec: number | undefined,
): string {
  if (stage === 'waiting') return 'has accepted, and waits for its time';
  const loadSec = planned === undefined ? 0 : secondsOf(planned);
  if (recordedSec === undefined || loadSec === 0) return 'is still sending, by its plan';
  return recordedSec < loadSec
    ? `is still sending, by its plan: ${recordedSec} of its ${loadSec} s are here`
    : 'has sent its load, and has not told yet that it ended';
}
