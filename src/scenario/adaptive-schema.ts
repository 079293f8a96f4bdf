import * as z from 'zod';
import type { Problem } from './problems.ts';
import type { AdaptiveSpec, Arm } from './types.ts';

/** Ports that hosts seldom listen on: discard and finger. */
const USUALLY_CLOSED = [9, 79];

const port = z.int().min(1).max(65_535);

/** How a run chooses its arms. */
export const adaptive = z
  .strictObject({
    otherPort: port
      .optional()
      .describe('Another port of the same host that answers, as a control. Default: none.'),
    closedPorts: z
      .array(port)
      .max(4)
      .optional()
      .describe('Ports of the same host on which nothing listens, as controls. Default: 9 and 79.'),
    exhaustive: z
      .boolean()
      .optional()
      .describe('Run every kind of arm, whatever was seen so far. Default: false.'),
  })
  .describe(
    'The run chooses its next arms itself, from what it has seen so far: the only arm gives their rate in all, and how long it may take. Default: the arms are those of the file.',
  )
  .transform(
    ({ otherPort, closedPorts = USUALLY_CLOSED, exhaustive = false }): AdaptiveSpec => ({
      ...(otherPort === undefined ? {} : { otherPort }),
      closedPorts: [...new Set(closedPorts)],
      isExhaustive: exhaustive,
    }),
  );

/** What an adaptive run cannot start from. */
export function checkAdaptive(
  spec: AdaptiveSpec | undefined,
  arms: readonly Arm[],
  farEnd: 'embedded' | 'none',
): Problem[] {
  if (spec === undefined) return [];
  const refuse = (what: string, fix: string): Problem[] => [{ what, fix, path: ['adaptive'], atKey: true }];
  const [arm] = arms;
  if (farEnd === 'embedded')
    return refuse('the embedded far end has no firewall to diagnose', 'remove farEnd: embedded');
  if (arm === undefined || arms.length > 1)
    return refuse('an adaptive run chooses its arms itself', 'describe one arm: what it starts from');
  const isSteady =
    arm.load.kind === 'open' && arm.load.phases.length === 1 && arm.load.phases[0]?.kind === 'hold';
  if (!isSteady || arm.via === 'icmp' || arm.holdUs > 0 || arm.expect.kind === 'refused')
    return refuse(
      `arm ${arm.name} is not what an adaptive run can start from`,
      'give it a single hold, such as load: [hold: { rate: 50/s, for: 3m }], and no hold of connections; via: icmp and expect: refused do not fit either',
    );
  return [];
}
