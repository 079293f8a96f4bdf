import { onTestFinished } from 'vitest';
import type { EncodedHistogram } from '../../src/metrics/merge.ts';
import type { Frame, Stall } from '../../src/metrics/types.ts';
import { setAside } from '../../src/metrics/window.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { createSession, type RunFacts } from '../../src/store/session-create.ts';
import type { SessionEvent } from '../../src/store/session-events.ts';
import type { SessionWriter } from '../../src/store/session-writer.ts';
import type { ClosedWindow } from '../../src/store/soak-windows.ts';
import { SOAK_LIMITS, type SoakLimits } from '../../src/store/window-files.ts';
import { fine, frameOf, histogramOf } from '../analysis/parts.ts';
import { encodeAll, factsOf } from './runs.ts';

type SoakFacts = NonNullable<RunFacts['soak']>;

export interface PushedSecond {
  readonly frame: Frame;
  readonly histograms: Map<string, EncodedHistogram>;
  readonly stalls: readonly Stall[];
}

/** A second of ten attempts, of which one stalled that was sent in the second before; its times tell it from others. */
export function pushedSecond(second: number): PushedSecond {
  const stalled = { recovered: 1, stalledBySecond: { [second - 1]: 1 }, lastEndUs: second * 1_000_000 + 5 };
  return {
    frame: { ...frameOf(second, { stress: { ...fine(10), ...stalled, bytes: second } }), open: second % 3 },
    get histograms() {
      return timesOf(second);
    },
    stalls: [stallOf(second)],
  };
}

const times = new Map<number, Map<string, EncodedHistogram>>();

/** Encoding takes longer than all else in a second: done once for each. */
export function timesOf(second: number): Map<string, EncodedHistogram> {
  const known = times.get(second);
  if (known !== undefined) return known;
  const encoded = encodeAll([
    ['stress.handshake', histogramOf(...Array.from({ length: 10 }, (_, index) => 100 + second + index))],
    ['lateness', histogramOf(second + 1)],
  ]);
  times.set(second, encoded);
  return encoded;
}

export function stallOf(second: number): Stall {
  return {
    ...{ series: 'stress', atUs: (second - 1) * 1_000_000, handshakeUs: 1_020_000, synRetransmits: 1 },
    ...{ fate: 'recovered', endpoint: '10.0.0.1:3128', source: '', reuseAgeMs: null, sourceReuseAgeMs: null },
  };
}

export function soakFacts(changes: Partial<SoakFacts> = {}): RunFacts {
  const soak = { windowSec: 4, forUs: 60_000_000, settleSec: 2, fingerprint: 'f', ...changes };
  const { soak: _, ...facts } = factsOf({ startedAt: '2025-01-31T01:30:00.000Z' });
  return { ...facts, soak };
}

/** A soak under way. A failure to write fails the test. */
export async function openSoak(
  dir: string,
  changes: Partial<SoakFacts> = {},
  limits: Partial<SoakLimits> = {},
): Promise<SessionWriter> {
  return createSession(dir, soakFacts(changes), fail, { ...SOAK_LIMITS, ...limits });
}

/** One that is ended with the present test. */
export async function startSoak(...args: Parameters<typeof openSoak>): Promise<SessionWriter> {
  const writer = await openSoak(...args);
  onTestFinished(() => endSoak(writer));
  return writer;
}

export async function endSoak(writer: SessionWriter): Promise<void> {
  await writer.finish(await rebuildSummary(writer.dir), 'complete', '2025-01-31T09:30:00.000Z');
}

/** Pushes seconds as a night does. @returns the windows that settled with them */
export async function push(
  writer: SessionWriter,
  fromSec: number,
  toSec: number,
  make: (second: number) => PushedSecond = pushedSecond,
): Promise<ClosedWindow[]> {
  const closed: ClosedWindow[] = [];
  for (let second = fromSec; second < toSec; second += 1) {
    const { frame, histograms, stalls } = make(second);
    closed.push(...(await writer.append(frame, histograms, stalls)));
  }
  return closed;
}

export function fail(message: string): never {
  throw new Error(message);
}

export function hostEvent(changes: Partial<Omit<SessionEvent, 'id'>> = {}): Omit<SessionEvent, 'id'> {
  return {
    ...{ kind: 'suspended', at: '2025-01-31T01:30:10.000Z', fromSec: 0, toSec: null },
    ...{ setsAside: true, text: 'this machine slept' },
    ...changes,
  };
}

/** What seconds sum up to, whichever way they were kept. @param aside those to be set aside */
export function totalsOf(
  frames: Iterable<Frame>,
  aside: (second: number) => boolean = () => false,
): { seconds: number[]; started: Record<string, number>; bytes: number; stalled: Record<string, number> } {
  const totals = { seconds: [] as number[], started: {} as Record<string, number>, bytes: 0 };
  const stalled: Record<string, number> = {};
  for (const whole of frames) {
    const frame = aside(whole.second) ? setAside(whole) : whole;
    totals.seconds.push(frame.second);
    for (const [name, counts] of Object.entries(frame.series)) {
      totals.started[name] = (totals.started[name] ?? 0) + counts.started;
      totals.bytes += counts.bytes;
      for (const [sentIn, count] of Object.entries(counts.stalledBySecond)) {
        stalled[`${name} ${sentIn}`] = (stalled[`${name} ${sentIn}`] ?? 0) + count;
      }
    }
  }
  return { ...totals, stalled };
}
