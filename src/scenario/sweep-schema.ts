import * as z from 'zod';
import { fixParams } from './leaves.ts';
import type { SweepLoad } from './load-types.ts';
import { positiveDuration, positiveRate } from './quantities.ts';

/** Enough for ten or twelve stalls in a band where half of all attempts stall: 99.9 % likely to see at least one. */
const DEFAULT_PAIRS = 12;

/** Far below what any firewall's defences react to. */
const DEFAULT_RATE_PER_SEC = 10;

/** A sweep measures timers, not load: a higher rate would be a load. */
const MAX_SWEEP_RATE_PER_SEC = 19;

/** Longer than anyone waits: a factor of 1.01 over three decades. */
const MAX_DELAYS = 700;

const range = z
  .strictObject({
    from: positiveDuration().describe('Shortest delay.'),
    to: positiveDuration().describe('Longest delay; always the last.'),
    factor: z.number().min(1.01).max(10).describe('Each delay is the previous one multiplied by this.'),
    also: z.array(positiveDuration()).optional().describe('Further delays, where an edge is expected.'),
  })
  .describe('Delays that grow by a factor.')
  .transform(({ from, to, factor, also = [] }, context): number[] => {
    if (from > to) {
      context.issues.push({
        code: 'custom',
        message: 'the shortest delay is above the longest',
        params: fixParams('write the shortest as from:, the longest as to:'),
        input: from,
      });
      return z.NEVER;
    }
    const grown: number[] = [];
    for (let delayUs = from; delayUs < to; delayUs *= factor) grown.push(roundToMs(delayUs));
    return [...grown, to, ...also];
  });

const delays = z.union([z.array(positiveDuration()).min(1).describe('Delays, one by one.'), range]);

/** Results count by delay in whole milliseconds. */
function roundToMs(us: number): number {
  return Math.max(1_000, Math.round(us / 1_000) * 1_000);
}

export const sweep = z
  .strictObject({
    sweep: z
      .strictObject({
        delays: delays.describe(
          'Time from the close of a pair’s first connection to the start of its second.',
        ),
        pairs: z
          .int()
          .min(1)
          .max(1_000)
          .optional()
          .describe('Pairs per delay, each with its own source port. Default: 12.'),
        rate: positiveRate()
          .optional()
          .describe('Attempts per unit of time, counting both of each pair; at most 19/s. Default: 10/s.'),
      })
      .describe('Delays, pairs, rate.'),
  })
  .describe(
    'Delta sweep: pairs of attempts from the same source port of two addresses. Needs source.addresses and source.ports.',
  )
  .transform(({ sweep: written }, context): SweepLoad => {
    const delaysUs = [...new Set(written.delays.map(roundToMs))].sort((a, b) => a - b);
    const ratePerSec = written.rate ?? DEFAULT_RATE_PER_SEC;
    const refuse = (message: string, fix: string): void => {
      context.issues.push({ code: 'custom', message, params: fixParams(fix), input: written });
    };
    if (ratePerSec > MAX_SWEEP_RATE_PER_SEC)
      refuse('a sweep at this rate would be a load', `write ${MAX_SWEEP_RATE_PER_SEC}/s or less`);
    if (delaysUs.length > MAX_DELAYS) refuse('far too many delays', 'raise the factor');
    return { kind: 'sweep', delaysUs, pairs: written.pairs ?? DEFAULT_PAIRS, ratePerSec };
  });
