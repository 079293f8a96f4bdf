import { join } from 'node:path';
import * as z from 'zod';
import { writeJson } from './json-file.ts';
import { makeFolder } from './make-folder.ts';
import { type JsonFile, readJson } from './read-json.ts';
import { count, figure, name, schemaOf, some, text } from './shapes.ts';

export const FLEET_FILE = 'fleet.json';

/** Files of a run's folder, and of folders in it: no path leads out of it, or deeper. */
const FILE_NAME = /^(?:[a-z][a-z0-9-]{0,40}\/)?[a-z0-9][a-z0-9-]{0,60}(?:\.[a-z0-9]{1,12}){1,3}$/;

/** Whether a file of a probe's run is one that whoever receives the run takes. */
export function isFileName(file: string): boolean {
  // That one is the operator's own.
  return FILE_NAME.test(file) && file !== FLEET_FILE;
}

/** What a probe told of its order; each kind at most once. */
export type FleetFileEvent =
  | { readonly kind: 'accepted'; readonly attempts: number }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | { readonly kind: 'started'; readonly folder: string; readonly startedAtMs: number }
  | {
      readonly kind: 'ended';
      readonly status: 'complete' | 'interrupted' | 'failed';
      readonly why?: string | undefined;
    };

export interface FleetFilePart {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its clock against the operator's: how far it was ahead, and how far that can be off; milliseconds. */
  readonly offset?: { readonly offsetMs: number; readonly errorMs: number };
  readonly events: readonly FleetFileEvent[];
  /** What its folder lacks of what it recorded; absent: it has none, or it was not looked at yet. */
  readonly copy?: {
    readonly hasEnded: boolean;
    /** `toByte` is exclusive. */
    readonly missing: readonly {
      readonly file: string;
      readonly fromByte: number;
      readonly toByte: number;
      /** The probe removed the file to make room. */
      readonly isGivenUp?: true;
    }[];
    readonly differing: readonly string[];
    /**
     * Files that somebody removed at the probe before all of it was sent, and how much of each has arrived; empty: their
     * folder went before anything of it was sent.
     */
    readonly lost?: readonly { readonly file: string; readonly bytes: number }[];
    /** Names that cannot be those of files, which were not written. */
    readonly refused?: readonly string[];
  };
  /** Second 0 by the operator's clock, less the agreed one; milliseconds. */
  readonly skewMs?: number;
  /** Its credentials were taken back before it had told all: nothing more comes. */
  readonly isRevoked?: true;
}

/** Probes that were selected, and that nothing was ordered from. */
export interface AbsentProbe {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `away`: it had not been heard of for a minute; `no-answer`: it did not tell its time when it was asked. */
  readonly why: 'away' | 'no-answer';
}

/** results/RUN/fleet.json: what is known of a fleet's run, beside the folders RUN-PROBE. */
export interface FleetFile {
  readonly schema: 1;
  readonly id: string;
  /** By the clock of the operator, milliseconds since 1970; 0: not known. */
  readonly startsAtMs: number;
  readonly parts: readonly FleetFilePart[];
  /** Absent in runs of earlier versions. */
  readonly absent?: readonly AbsentProbe[];
}

/** As many probes as the subjects of one order can name, and more than a server carries. */
const MOST_PROBES = 100_000;
/** What a date can hold (ECMA-262, section 21.4.1.1), milliseconds. */
const MOST_MS = 8.64e15;

/** It is part of the name of a folder. */
const probe = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
const labels = z
  .record(name, name)
  .refine((map) => Object.keys(map).length <= 100, 'has more than 100 names');

const event = z.discriminatedUnion('kind', [
  some({ kind: z.literal('accepted'), attempts: count }),
  some({ kind: z.literal('refused'), reasons: z.array(text) }),
  some({ kind: z.literal('started'), folder: text, startedAtMs: figure }),
  some({
    kind: z.literal('ended'),
    status: z.enum(['complete', 'interrupted', 'failed']),
    why: text.optional(),
  }),
]);

const part = some({
  ...{ probe, labels, events: z.array(event).max(100) },
  offset: some({ offsetMs: figure, errorMs: figure }).optional(),
  copy: some({
    hasEnded: z.boolean(),
    missing: z.array(
      some({ file: text, fromByte: count, toByte: count, isGivenUp: z.literal(true).optional() }),
    ),
    differing: z.array(text),
    lost: z.array(some({ file: text, bytes: count })).optional(),
    refused: z.array(text).optional(),
  }).optional(),
  skewMs: figure.optional(),
  isRevoked: z.literal(true).optional(),
});

const FLEET = schemaOf<FleetFile>()(
  some({
    schema: z.literal(1),
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$/),
    startsAtMs: figure.min(0).max(MOST_MS),
    parts: z.array(part).max(MOST_PROBES),
    absent: z
      .array(some({ probe, labels, why: z.enum(['away', 'no-answer']) }))
      .max(MOST_PROBES)
      .optional(),
  }),
);

/** Throws nothing. */
export function readFleetFile(dir: string): Promise<JsonFile<FleetFile>> {
  return readJson(join(dir, FLEET_FILE), FLEET);
}

/** Writes what is known of a fleet's run, whole, in place of what was known before. */
export async function writeFleetFile(resultsDir: string, file: FleetFile): Promise<void> {
  const dir = join(resultsDir, file.id);
  await makeFolder(dir);
  await writeJson(join(dir, FLEET_FILE), file);
}

/** The label of a probe's part of a run: it tells the runs of probes apart wherever they are listed together. */
export function labelOfPart(label: string, probe: string, run: string): string {
  return label === '' ? `${probe} of ${run}` : `${label} (${probe} of ${run})`;
}

/** What a part's label says of the whole run: the label that it was ordered with, or that it was given since; may be empty. */
export function labelOfWhole(label: string, probe: string, run: string): string {
  const own = labelOfPart('', probe, run);
  if (label === own) return '';
  return label.endsWith(` (${own})`) ? label.slice(0, -` (${own})`.length) : label;
}

/** Where a probe's part of a run is: never where fleet.json says, which may come from another machine. */
export function partFolder(runDir: string, probeId: string): string {
  return `${runDir}-${probeId}`;
}
