import * as z from 'zod';
import { byName, count, counts, countsByNumber, figure, second, some, text } from './shapes.ts';

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
const windowLine = some({
  ...frame,
  seconds: z.int().min(1).max(MAX_WINDOW_SEC),
  bySecond: byName(byName(z.array(signed).max(3 * MAX_WINDOW_SEC)), MOST_SERIES),
  openBySecond: z.array(signed).max(MAX_WINDOW_SEC),
  present: z.array(stretch).optional(),
  aside: z.array(stretch).optional(),
}).refine(({ seconds, present = [], aside = [] }) =>
  [...present, ...aside].every(([offset, length]) => offset + length <= seconds),
);
const frameLine = some(frame);

const stall = some({
  series: text,
  ...{ atUs: signed, handshakeUs: figure, synRetransmits: figure },
  fate: z.enum(['recovered', 'frozen', 'unresolved']),
  ...{ endpoint: text, source: text },
  ...{ reuseAgeMs: figure.nullable(), sourceReuseAgeMs: figure.nullable() },
});

const event = some({
  id: count,
  ...{ kind: text, at: text, text },
  fromSec: figure,
  toSec: figure.nullable(),
  setsAside: z.boolean(),
});

export function isFrameLine(value: unknown): boolean {
  const isWindow = typeof value === 'object' && value !== null && 'seconds' in value;
  return (isWindow ? windowLine : frameLine).safeParse(value).success;
}

/** A second in recent/. */
export function isRecentSecond(value: unknown): boolean {
  return recentSecond.safeParse(value).success;
}
const recentSecond = some({ ...frame, stalls: z.array(stall).optional() });

/** A line of stalls.jsonl. */
export function isStallLine(value: unknown): boolean {
  return stall.safeParse(value).success;
}

/** A line of events.jsonl. */
export function isEventLine(value: unknown): boolean {
  return event.safeParse(value).success;
}
