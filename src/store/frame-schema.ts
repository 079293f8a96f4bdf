import * as z from 'zod';
import type { Frame, Stall } from '../metrics/types.ts';
import type { WindowFrame } from '../metrics/window.ts';
import {
  byName,
  count,
  counts,
  countsByNumber,
  figure,
  guardOf,
  schemaOf,
  second,
  some,
  text,
} from './shapes.ts';

/** A line of a soak's frames.jsonl. */
export interface WindowLine extends WindowFrame {
  /** Lines of stalls.jsonl that belong to this window and those before. */
  stallsKept: number;
}

/** A line of a run's frames.jsonl. */
export interface SecondLine extends Frame {
  /** Lines of stalls.jsonl up to and including those of this second; absent if this second has none. */
  stallsKept?: number;
}

/** A second as a segment keeps it: not yet settled, and with its stalls, so that both are there or neither is. */
export interface RecentSecond extends Frame {
  stalls?: Stall[];
}

const signed = z
  .int()
  .min(-(2 ** 52))
  .max(2 ** 52);

/** What is counted of a series. Frames of an earlier version lack what came later. */
const series = some({
  ...{ scheduled: signed, started: signed, unsent: signed, established: signed, completed: signed },
  ...{ requests: signed.optional(), challenges: signed.optional() },
  ...{ recovered: signed, frozen: signed, unresolved: signed, healed: signed, slow: signed, bytes: signed },
  ...{ firstBegunUs: figure, lastBegunUs: figure, lastEndUs: figure },
  ...{ synRetransmits: counts, requestRetransmits: counts.optional(), outcomes: counts },
  ...{ statuses: counts.optional(), tunnelStatuses: counts.optional(), schemesOffered: counts.optional() },
  ...{ refusals: counts.optional(), errorNames: counts.optional(), unmetContent: counts.optional() },
  synAnswers: counts.optional(),
  cuts: counts.optional(),
  byProofAge: byName(some({ alive: signed, cuts: counts })).optional(),
  stalledBySecond: countsByNumber,
  byReuseAge: byName(some({ attempts: signed, stalled: signed })),
  endpoints: byName(some({ started: signed, established: signed, completed: signed, stalled: signed })),
  browsing: byName(count).optional(),
  usersByOpen: countsByNumber.optional(),
});

/** A series takes 14 KiB of whoever reads the run. */
const MOST_SERIES = 1_000;

const frame = {
  second,
  series: byName(series, MOST_SERIES),
  open: signed,
  tokens: byName(some({ minted: signed, discarded: signed, failures: counts })).optional(),
  stallsLeftOut: count,
  ...{ localDrops: count.optional(), conntrackDrops: count.optional(), starvedSec: count.optional() },
  ...{ ringDrops: count.optional(), sendDrops: count.optional(), linkLossSec: count.optional() },
  captureDrops: count.optional(),
  pings: byName(
    some({ sent: count, answered: count, sumUs: count, minUs: signed, maxUs: signed }),
  ).optional(),
  ...{ hostCounters: counts.optional(), farCounters: counts.optional() },
  stallsKept: count.optional(),
};

/** Windows of a soak last a minute by default. */
const MAX_WINDOW_SEC = 86_400;
const stretch = z.tuple([z.int().min(0), z.int().min(1).max(MAX_WINDOW_SEC)]);

/** A line of frames.jsonl, of a run or of a soak. */
const windowLine = schemaOf<WindowLine>()(
  some({
    ...frame,
    seconds: z.int().min(1).max(MAX_WINDOW_SEC),
    bySecond: byName(byName(z.array(signed).max(3 * MAX_WINDOW_SEC)), MOST_SERIES),
    openBySecond: z.array(signed).max(MAX_WINDOW_SEC),
    present: z.array(stretch).optional(),
    aside: z.array(stretch).optional(),
  }).refine(({ seconds, present = [], aside = [] }) =>
    [...present, ...aside].every(([offset, length]) => offset + length <= seconds),
  ),
);
const frameLine = schemaOf<SecondLine>()(some(frame));

const stall = some({
  series: text,
  ...{ atUs: signed, handshakeUs: figure, synRetransmits: figure },
  fate: z.enum(['recovered', 'frozen', 'unresolved']),
  ...{ endpoint: text, source: text },
  ...{ reuseAgeMs: figure.nullable(), sourceReuseAgeMs: figure.nullable() },
});

/** Whether a value is a line of frames.jsonl. */
export function isFrameLine(value: unknown): value is SecondLine | WindowLine {
  const isWindow = typeof value === 'object' && value !== null && 'seconds' in value;
  return (isWindow ? windowLine : frameLine).safeParse(value).success;
}

/** Whether a value is a second in recent/. */
export const isRecentSecond = guardOf(
  schemaOf<RecentSecond>()(some({ ...frame, stalls: z.array(stall).optional() })),
);

/** Whether a value is a line of stalls.jsonl. */
export const isStallLine = guardOf(schemaOf<Stall>()(stall));
