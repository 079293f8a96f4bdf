import * as z from 'zod';
import { count, name } from '../store/shapes.ts';
import { FLEET_RUN_ID, PROBE_ID, PROTOCOL, SCENARIO_NAME } from './protocol.ts';

/** Whoever may publish may publish anything: nothing that arrives is used before these schemas have taken it. */

const text = (most: number) => z.string().max(most);
/** What a date can hold (ECMA-262, section 21.4.1.1), milliseconds. */
const MOST_MS = 8.64e15;
/** Milliseconds since 1970, by the clock of whoever sends it. */
const epochMs = z.int().min(0).max(MOST_MS);
const fleetRun = z.string().regex(FLEET_RUN_ID);
const probe = z.string().regex(PROBE_ID);
const envelope = { v: z.literal(PROTOCOL) };

/** What a file of a scenario may be changed by; secrets, commands and files of the probe cannot be set from afar. */
const overrides = z.strictObject({
  proxy: text(300).optional(),
  target: text(2_000).optional(),
  via: z.enum(['proxy', 'tunnel', 'direct', 'tcp']).optional(),
  rate: text(40).optional(),
  duration: text(40).optional(),
  capture: z.enum(['auto', 'on', 'off']).optional(),
  set: z.array(text(2_000)).max(100).optional(),
});

/** They become part of fleet.json, which takes no others. */
const labels = z
  .record(name.max(64), name.max(64))
  .refine((map) => Object.keys(map).length <= 100, 'has more than 100 names');

/** What is to be played. */
const load = {
  scenario: z.strictObject({
    name: z.string().regex(SCENARIO_NAME),
    /** The file itself. */
    text: text(262_144),
    overrides,
  }),
  /** Which part of all attempts this probe makes: those of shard `index` of `count`. */
  share: z
    .strictObject({ index: count, count: z.int().min(1).max(100_000) })
    .refine(({ index, count }) => index < count),
  label: text(500),
};

/** A night ends before the next begins. */
export const [SHORTEST_NIGHT_US, LONGEST_NIGHT_US] = [10_000_000, 82_800_000_000];

/** How a soak is played: microseconds from its start to its end, and seconds of a window. */
const soakLength = {
  forUs: z.int().min(SHORTEST_NIGHT_US).max(LONGEST_NIGHT_US),
  windowSec: z.int().min(5).max(600),
};

/** A soak that a probe plays again and again, by its own clock. */
export const soakOrder = z.strictObject({
  ...envelope,
  kind: z.literal('soak'),
  /** Of the soak; its nights have ids of their own. */
  fleetRun: fleetRun.max(90),
  ...load,
  ...soakLength,
  /** By the local time of the probe. */
  at: z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/),
  /** As systemd.time(7) has days; null: every day. */
  on: text(100).nullable(),
  /** No night begins later than this, by the clock of the probe. */
  untilMs: epochMs,
  labels,
});
export type SoakOrder = z.output<typeof soakOrder>;

export const runOrder = z.strictObject({
  ...envelope,
  kind: z.literal('run'),
  fleetRun,
  ...load,
  /** It is a night of this soak; absent: a run of its own. */
  soak: z.strictObject({ id: fleetRun, ...soakLength }).optional(),
  /** Second 0, by the clock of the probe. */
  startsAtMs: epochMs,
  /** Taken later than this, by the clock of the probe, it is not run. */
  expiresAtMs: epochMs,
  /** What the operator went by, for whoever receives the run later; the probe does not need it. */
  agreed: z.strictObject({
    /** Second 0, by the clock of the operator. */
    startsAtMs: epochMs,
    /** The probe's clock against the operator's, and how far that can be off. */
    ...{ offsetMs: z.number(), errorMs: z.number().min(0) },
    labels,
  }),
});
export type RunOrder = z.output<typeof runOrder>;

export const order = z.discriminatedUnion('kind', [
  runOrder,
  soakOrder,
  z.strictObject({ ...envelope, kind: z.literal('stop'), fleetRun, how: z.enum(['drain', 'abort']) }),
]);
export type Order = z.output<typeof order>;

/** Of a night that a probe begins by its own clock: nobody ordered it by this id. */
const ofSoak = z
  .strictObject({
    soak: fleetRun,
    /** Second 0, by the clock of the probe. */
    startsAtMs: epochMs,
    labels,
  })
  .optional();

export const event = z.discriminatedUnion('kind', [
  z.strictObject({
    ...envelope,
    kind: z.literal('accepted'),
    fleetRun,
    attempts: count,
    ofSoak,
    /** Of a soak itself: its first night, by the clock of the probe. */
    firstAtMs: epochMs.optional(),
  }),
  z.strictObject({
    ...envelope,
    kind: z.literal('refused'),
    fleetRun,
    reasons: z.array(text(2_000)).min(1).max(100),
    ofSoak,
  }),
  z.strictObject({
    ...envelope,
    kind: z.literal('started'),
    fleetRun,
    /** Name of the run's folder on the probe. */
    folder: text(200),
    /** Second 0 by the clock of the probe. */
    startedAtMs: epochMs,
  }),
  z.strictObject({
    ...envelope,
    kind: z.literal('ended'),
    fleetRun,
    status: z.enum(['complete', 'interrupted', 'failed']),
    why: text(2_000).optional(),
  }),
]);
export type FleetEvent = z.output<typeof event>;

/** Of what a probe tells of a run, so much is told: the stream takes 64 KiB, and JSON may write a character in six bytes. */
const [MOST_REASONS, MOST_REASON_TEXT] = [8, 1_000];

/** The same event, as short as whoever receives it takes it; what it leaves out, the probe's own stderr has. */
export function fitEvent(told: FleetEvent): FleetEvent {
  const cut = (text: string): string =>
    text.length <= MOST_REASON_TEXT ? text : `${text.slice(0, MOST_REASON_TEXT - 3)}...`;
  if (told.kind === 'ended') return told.why === undefined ? told : { ...told, why: cut(told.why) };
  if (told.kind !== 'refused') return told;
  const more = told.reasons.length - MOST_REASONS;
  const reasons = told.reasons.slice(0, MOST_REASONS).map(cut);
  return { ...told, reasons: more > 0 ? [...reasons, `and for ${more} more reasons`] : reasons };
}

/** Why a soak ended that the operator had removed. */
export const REMOVED = 'it was removed';

/** Soaks that one probe keeps. */
export const MOST_SOAKS = 16;

const keptSoak = z.strictObject({
  ...{
    id: fleetRun,
    scenario: text(64),
    at: text(5),
    on: text(100).nullable(),
    forUs: count,
    untilMs: epochMs,
  },
  /** Its next night, by the clock of the probe; null: none is left. */
  nextAtMs: epochMs.nullable(),
  /** Its last night, and what became of it. */
  last: z.strictObject({ run: fleetRun, became: text(20) }).nullable(),
});
export type KeptSoak = z.output<typeof keptSoak>;

export const presence = z.strictObject({
  ...envelope,
  probe,
  version: text(100),
  labels,
  host: z.strictObject({
    ...{ hostname: text(255), arch: text(20), kernel: text(200), node: text(40), cpu: text(200) },
    ...{ cpus: count, memoryBytes: count, addresses: z.array(text(60)).max(1_000) },
  }),
  engines: z.array(text(20)).max(10),
  /** What is amiss with the machine, as its own doctor judges. */
  checks: z
    .array(
      z.strictObject({
        name: text(100),
        level: z.enum(['warn', 'fail']),
        what: text(1_000),
        mend: text(1_000).optional(),
      }),
    )
    .max(20),
  /** The fleet's run that it plays. */
  busy: fleetRun.nullable(),
  /** Runs that it has accepted for later. */
  waiting: z.array(fleetRun).max(100),
  soaks: z.array(keptSoak).max(MOST_SOAKS).optional(),
  /** Bytes of runs that are not stored at the server yet. */
  unsentBytes: count,
  /** It ends: nothing more is heard of it until it is started again. */
  hasLeft: z.literal(true).optional(),
  atMs: epochMs,
});
export type Presence = z.output<typeof presence>;

export const clockAnswer = z.strictObject({
  ...envelope,
  /** When the request arrived, and when the answer left, milliseconds since 1970 by the clock of the probe. */
  receivedAtMs: z.number().min(0).max(MOST_MS),
  sentAtMs: z.number().min(0).max(MOST_MS),
});

/** Most bytes of a JSON message that is parsed at all. */
const MOST_BYTES = 524_288;

/** What another program sent; undefined if it is not what it should be. */
export function readMessage<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Of an order that is not understood, perhaps of another version: whose it is, so that it can be refused. */
export function readRefused(
  bytes: Uint8Array,
): { readonly v: number; readonly fleetRun: string } | undefined {
  return readMessage(z.looseObject({ v: z.int(), fleetRun }), bytes);
}

/** What a probe tells; one of another version, which cannot be read, counts as a refusal that says so. */
export function readEvent(bytes: Uint8Array): FleetEvent | undefined {
  const read = readMessage(event, bytes);
  if (read !== undefined) return read;
  const other = readRefused(bytes);
  if (other === undefined || other.v === PROTOCOL) return undefined;
  const why = `it answers in version ${other.v}, and this rushhour is of version ${PROTOCOL}: install the same on both`;
  return { v: PROTOCOL, kind: 'refused', fleetRun: other.fleetRun, reasons: [why] };
}
