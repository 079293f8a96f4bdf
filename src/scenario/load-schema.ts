import * as z from 'zod';
import { browserLoad } from './browsers-schema.ts';
import { fixParams } from './leaves.ts';
import type { ClosedLoad, OpenLoad, Phase } from './load-types.ts';
import { positiveDuration, positiveRate, rate } from './quantities.ts';
import { sweep } from './sweep-schema.ts';

const ramp = z
  .strictObject({
    from: rate().describe('Rate at the start of the ramp.'),
    to: rate().describe('Rate at its end.'),
    for: positiveDuration().describe('Duration of the ramp.'),
  })
  .describe('Change the rate linearly. Recorded, but excluded from the verdict.');

const hold = z
  .strictObject({
    rate: positiveRate().describe('Attempts per unit of time, over all workers.'),
    for: positiveDuration().describe('How long to keep the rate.'),
  })
  .describe('Keep a constant rate.');

const step = z
  .strictObject({
    from: positiveRate().describe('Rate of the first level.'),
    to: positiveRate().describe('Rate of the last level.'),
    by: positiveRate().describe('Difference between levels; the last one may be smaller.'),
    each: positiveDuration().describe('How long to keep each level.'),
  })
  .describe('Change the rate level by level, upwards or downwards.');

const idle = z
  .strictObject({ for: positiveDuration().describe('How long to start nothing.') })
  .describe('Start nothing for a while.');

const phase = z
  .strictObject({
    ramp: ramp.optional(),
    hold: hold.optional(),
    step: step.optional(),
    idle: idle.optional(),
  })
  .meta({ minProperties: 1, maxProperties: 1, description: 'One phase: ramp, hold, step or idle.' })
  .transform((written, context): Phase => {
    const kinds = Object.keys(written);
    if (kinds.length !== 1) {
      context.issues.push({
        code: 'custom',
        message:
          kinds.length === 0 ? 'a phase is empty' : `a phase is ${kinds.join(' and ')} at the same time`,
        params: fixParams('give each phase its own "- " with one of ramp, hold, step, idle'),
        input: written,
      });
      return z.NEVER;
    }
    return toPhase(written);
  });

interface WrittenPhase {
  readonly ramp?: z.output<typeof ramp> | undefined;
  readonly hold?: z.output<typeof hold> | undefined;
  readonly step?: z.output<typeof step> | undefined;
  readonly idle?: z.output<typeof idle> | undefined;
}

function toPhase(written: WrittenPhase): Phase {
  if (written.ramp) {
    const { from, to, for: forUs } = written.ramp;
    return { kind: 'ramp', fromPerSec: from, toPerSec: to, forUs };
  }
  if (written.hold) return { kind: 'hold', ratePerSec: written.hold.rate, forUs: written.hold.for };
  if (written.step) {
    const { from, to, by, each } = written.step;
    return { kind: 'step', fromPerSec: from, toPerSec: to, byPerSec: by, eachUs: each };
  }
  return { kind: 'idle', forUs: written.idle?.for ?? 0 };
}

const openLoad = z
  .array(phase)
  .min(1)
  .describe('Open loop: attempts are scheduled by the clock, phase after phase.')
  .transform((phases): OpenLoad => ({ kind: 'open', phases }));

const closedLoad = z
  .strictObject({
    concurrency: z.int().min(1).describe('Connections kept open at once, over all workers.'),
    attempts: z.int().min(1).optional().describe('Stop after this many.'),
    for: positiveDuration().optional().describe('Stop after this long.'),
  })
  .describe('Closed loop: a new attempt starts when one ends. Needs attempts, for, or both.')
  .transform((written, context): ClosedLoad => {
    if (written.attempts === undefined && written.for === undefined) {
      context.issues.push({
        code: 'custom',
        message: 'a closed loop without an end',
        params: fixParams('add attempts: or for:, or both'),
        input: written,
      });
    }
    return {
      kind: 'closed',
      concurrency: written.concurrency,
      ...(written.attempts === undefined ? {} : { attempts: written.attempts }),
      ...(written.for === undefined ? {} : { forUs: written.for }),
    };
  });

export const load = z.union([openLoad, closedLoad, sweep, browserLoad]);
