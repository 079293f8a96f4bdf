import * as z from 'zod';
import {
  ANSWER_KINDS,
  type FarAttempt,
  MATCHED_BY,
  NAT_KINDS,
  SYN_CHANGES,
  SYN_FATES,
} from '../metrics/far.ts';
import { NOTED_KINDS } from '../metrics/noted.ts';
import { byName, count, figure, moment, some, text } from './shapes.ts';

/** A handshake has no more copies of its SYN that are told one by one, nor packets. */
export const MOST_FAR_SYNS = 16;
export const MOST_FAR_PACKETS = 32;
export const MOST_EXTERNAL_ADDRESSES = 64;

const number = z
  .number()
  .min(-(2 ** 53))
  .max(2 ** 53);
const answers = z.array(z.enum(ANSWER_KINDS)).max(MOST_FAR_PACKETS);
const addressAndPort = some({ address: text, port: z.int().min(0).max(65_535) });

const attempt = some({
  series: text,
  attempt: figure,
  kind: z.enum(NOTED_KINDS),
  atUs: number,
  by: z.enum(MATCHED_BY).nullable(),
  ...{ external: addressAndPort.nullable(), destination: addressAndPort.nullable() },
  fate: z.enum(SYN_FATES),
  syns: z
    .array(
      some({
        ...{ atUs: number, arrivedAtUs: number.nullable() },
        ...{ answered: answers, returned: answers, fate: z.enum(SYN_FATES) },
      }),
    )
    .max(MOST_FAR_SYNS),
  changes: z.array(z.enum(SYN_CHANGES)).max(SYN_CHANGES.length),
  reuseAgeUs: number.nullable(),
  previousEnd: z.enum(['closed', 'reset', 'open']).nullable(),
  invented: answers,
  packets: z
    .array(
      some({
        atUs: number,
        way: z.enum(['in', 'out']),
        kind: z.enum(['syn', ...ANSWER_KINDS]),
        isSeenNear: z.boolean(),
      }),
    )
    .max(MOST_FAR_PACKETS),
});

const file = some({
  path: text,
  frames: count,
  ...{ from: moment.nullable(), to: moment.nullable() },
  dropped: count.nullable(),
  remarks: z.array(text),
});

const quantiles = some({
  ...{ count, min: figure, mean: figure },
  ...{ p50: figure, p90: figure, p99: figure, p999: figure, max: figure },
});

const clockOffset = some({ us: number, uncertaintyUs: number.min(0) }).nullable();

/** far.json. */
export const farSchema = some({
  schema: z.literal(1),
  joinedAt: moment,
  near: file,
  far: z.array(file),
  attempts: some({
    ...{ kept: count, captured: count, matched: count },
    by: z.partialRecord(z.enum(MATCHED_BY), count),
  }),
  farHandshakes: count,
  series: byName(
    some({
      ...{ kept: count, matched: count },
      fates: z.partialRecord(z.enum(NOTED_KINDS), z.partialRecord(z.enum(SYN_FATES), count)),
    }),
  ),
  clockOffset,
  nat: some({
    kind: z.enum(NAT_KINDS),
    portsKept: count,
    externalAddresses: z.array(text).max(MOST_EXTERNAL_ADDRESSES),
    externalAddressCount: count,
    ports: some({
      ...{ ports: count, handshakes: count, missed: count },
      ...{ takenAtLeast: count, takenMedian: count, takenMost: count, later: count, laterNew: count },
      ...{ takenMedianByMany: count.optional(), takenMostByMany: count.optional() },
      restUs: figure.nullable(),
    }).optional(),
  }),
  reuseAgeUs: some({ all: quantiles, stalled: quantiles }),
  changes: some({ isn: count, options: count, mss: count, trafficClass: count }),
  ...{ resetsInvented: count, synAcksInvented: count },
  hosts: z
    .array(some({ paths: z.array(text), farHandshakes: count, matched: count, clockOffset }))
    .optional(),
  remarks: z.array(text),
});

/** A line of far.jsonl. */
export function isFarLine(value: unknown): value is FarAttempt {
  return attempt.safeParse(value).success;
}
