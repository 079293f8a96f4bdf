import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary } from '../types.ts';
import type { Finder, FoundAt } from './finder.ts';

/** That chance put them all there must be this unlikely. */
const LUCK = 0.001;

export const oneEndpoint: Finder = { inArm: (arm, { arms }) => findOneEndpoint(arm, arms[arm.name]!) };

/** All stalls of an arm with several endpoints were of connections to one of them. */
export function findOneEndpoint(arm: Arm, summary: ArmSummary): FoundAt[] {
  const endpoints = Object.entries(summary.endpoints).filter(([, { started }]) => started > 0);
  const stalling = endpoints.filter(([, { stalled }]) => stalled > 0);
  const [only] = stalling;
  if (endpoints.length < 2 || stalling.length !== 1 || only === undefined) return [];
  const [endpoint, { started, stalled }] = only;
  const all = endpoints.reduce((sum, [, counts]) => sum + counts.started, 0);
  if ((started / all) ** stalled > LUCK) return [];
  return [
    {
      kind: 'one-endpoint',
      arm: arm.name,
      confidence: 'high',
      endpoint,
      count: stalled,
      text: `all ${stalled} stalls were connections to ${endpoint} (${stalled} of ${started} starts); none of ${all - started} starts to the other ${endpoints.length === 2 ? 'endpoint' : `${endpoints.length - 1} endpoints`} stalled`,
    },
  ];
}
