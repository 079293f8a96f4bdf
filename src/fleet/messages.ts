import * as z from 'zod';
import { FLEET_FILE } from '../store/fleet-file.ts';
import { FLEET_RUN_ID, PROBE_ID, PROTOCOL } from './protocol.ts';

/** Whoever may publish may publish anything: nothing that arrives is used before these schemas have taken it. */

const text = (most: number) => z.string().max(most);
const count = z.int().min(0);
/** Milliseconds since 1970, by the clock of whoever sends it. */
const epochMs = z.int().min(0).max(8.64e15);
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

export const runOrder = z.strictObject({
  ...envelope,
  kind: z.literal('run'),
  fleetRun,
  scenario: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    /** The file itself. */
    text: text(262_144),
    overrides,
  }),
  /** Which part of all attempts this probe makes: those of shard `index` of `count`. */
  share: z
    .strictObject({ index: count, count: z.int().min(1).max(100_000) })
    .refine(({ index, count }) => index < count),
  label: text(500),
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
    labels: z.record(text(64), text(64)),
  }),
});
export type RunOrder = z.output<typeof runOrder>;

export const order = z.discriminatedUnion('kind', [
  runOrder,
  z.strictObject({ ...envelope, kind: z.literal('stop'), fleetRun, how: z.enum(['drain', 'abort']) }),
]);
export type Order = z.output<typeof order>;

export const event = z.discriminatedUnion('kind', [
  z.strictObject({ ...envelope, kind: z.literal('accepted'), fleetRun, attempts: count }),
  z.strictObject({
    ...envelope,
    kind: z.literal('refused'),
    fleetRun,
    reasons: z.array(text(2_000)).min(1).max(100),
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

export const presence = z.strictObject({
  ...envelope,
  probe,
  version: text(100),
  labels: z.record(text(64), text(64)),
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
  /** Bytes of runs that are not stored at the server yet. */
  unsentBytes: count,
  atMs: epochMs,
});
export type Presence = z.output<typeof presence>;

/** Files of a run's folder, and of folders in it: no path leads out of it, or deeper. */
const FILE_NAME = /^(?:[a-z][a-z0-9-]{0,40}\/)?[a-z0-9][a-z0-9-]{0,60}(?:\.[a-z0-9]{1,12}){1,3}$/;
const MOST_NAME = 300;
/** As it is told: whether it is one is for whoever would write it to say, so that one that is none drops no other. */
const toldName = text(MOST_NAME);

/** Whether a file is taken by whoever receives a run. */
export function isFileName(name: string): boolean {
  // That one is the operator's own.
  return FILE_NAME.test(name) && name !== FLEET_FILE;
}

const piece = z.strictObject({
  file: toldName,
  offset: z
    .int()
    .min(0)
    .max(2 ** 43),
  bytes: z.int().min(0).max(1_048_576),
  /** The file is just this, whatever it was before; absent: it continues the file. */
  whole: z.literal(true).optional(),
});
export type Piece = z.output<typeof piece>;

/** The first line of a message about a run; what it announces follows. */
export const runPart = z.discriminatedUnion('kind', [
  z.strictObject({ ...envelope, kind: z.literal('pieces'), pieces: z.array(piece).min(1).max(200) }),
  z.strictObject({
    ...envelope,
    kind: z.literal('end'),
    files: z
      .array(z.strictObject({ file: toldName, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
      .max(500),
    /** Files that the probe removed to make room, with what was not sent of them: how long they were. */
    givenUp: z
      .array(z.strictObject({ file: toldName, bytes: count }))
      .max(500)
      .optional(),
  }),
]);
export type RunPart = z.output<typeof runPart>;

export const clockAnswer = z.strictObject({
  ...envelope,
  /** When the request arrived, and when the answer left, milliseconds since 1970 by the clock of the probe. */
  receivedAtMs: z.number(),
  sentAtMs: z.number(),
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

const NEWLINE = 10;

/** A part of a run as one message: its head as a line of JSON, then the bytes. */
export function encodeRunPart(part: RunPart, contents: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(part)}\n`), ...contents]);
}

/** A part of a run, without what has a name that is none. */
export interface DecodedPart {
  readonly part: RunPart;
  /** Of each piece. */
  readonly contents: readonly Uint8Array[];
  /** Names that are none, as they were told: each once. */
  readonly refused: readonly string[];
}

/** @returns undefined if it is not one, or if its bytes are not as many as it says */
export function decodeRunPart(message: Uint8Array): DecodedPart | undefined {
  const end = message.indexOf(NEWLINE);
  const told = end < 0 ? undefined : readMessage(runPart, message.subarray(0, end));
  if (told === undefined) return undefined;
  const refused = new Set<string>();
  const isTaken = ({ file }: { readonly file: string }): boolean => {
    if (!isFileName(file)) refused.add(file);
    return isFileName(file);
  };
  if (told.kind === 'end') {
    const { files, givenUp, ...rest } = told;
    const left = givenUp?.filter(isTaken);
    const part = { ...rest, files: files.filter(isTaken), ...(left !== undefined && { givenUp: left }) };
    return end + 1 === message.length ? { part, contents: [], refused: [...refused] } : undefined;
  }
  const pieces: Piece[] = [];
  const contents: Uint8Array[] = [];
  let from = end + 1;
  for (const each of told.pieces) {
    if (isTaken(each)) {
      pieces.push(each);
      contents.push(message.subarray(from, from + each.bytes));
    }
    from += each.bytes;
  }
  return from === message.length ? { part: { ...told, pieces }, contents, refused: [...refused] } : undefined;
}
