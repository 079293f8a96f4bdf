import * as z from 'zod';
import type { Evidence } from '../metrics/evidence.ts';
import { NOTED_KINDS } from '../metrics/noted.ts';
import { count, figure, guardOf, schemaOf, some, text } from './shapes.ts';

/** More packets of an attempt are counted. */
const MOST_PACKETS = 64;

const number = z
  .number()
  .min(-(2 ** 53))
  .max(2 ** 53);
const likeness = z.enum(['same', 'other', 'unknown']).optional();

const packet = some({
  atUs: number,
  way: z.enum(['out', 'in']),
  kind: z.enum(['syn', 'syn-ack', 'ack', 'rst', 'fin', 'icmp']),
  again: z.literal(true).optional(),
  afterSyn: number.optional(),
  about: z.enum(['this', 'another', 'nothing']).optional(),
  ...{ ttl: number, ipId: number, seq: number, ack: number, window: number },
  options: some({
    ...{ mss: number, windowScale: number, sackPermitted: z.boolean() },
    ...{ timestamp: number, timestampEcho: number, kinds: text },
  }).optional(),
  icmp: some({ type: count, code: count, sender: text }).optional(),
  ...{ ttlOfSynAcks: likeness, ipIdOfSynAcks: likeness },
});

/** Whether a value is a line of evidence.jsonl. */
export const isEvidenceLine = guardOf(
  schemaOf<Evidence>()(
    some({
      series: text,
      attempt: figure,
      kind: z.enum(NOTED_KINDS),
      atUs: number,
      ...{ endpoint: text, source: text, interface: text, met: text },
      packets: z.array(packet).max(MOST_PACKETS),
      packetsLeftOut: count,
      sinceFirstSynUs: number.nullable(),
      rttUs: number.nullable(),
      isPartial: z.literal(true).optional(),
      capture: z.tuple([figure, figure]).optional(),
    }),
  ),
);
