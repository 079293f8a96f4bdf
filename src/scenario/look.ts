import { deepFreeze } from './freeze.ts';
import { peakPerSec } from './load-shape.ts';
import type { Arm, LookSpec, Scenario, SourceSpec } from './types.ts';

/**
 * Long enough for users to consider it no answer, and short enough for the check to end soon after its last attempt.
 */
const PATIENCE_US = 5_000_000;

/** Rate and duration of the check if the scenario only says `on`. */
export const DEFAULT_LOOK: LookSpec = { ratePerSec: 20, forUs: 10_000_000 };

/**
 * The same traffic, a small share for a few seconds: sent before the load to see whether proxy and target can take any.
 * Its highest rate is that of the check, and the other arms keep their proportion to it; closed loops, sweeps and
 * browsers are left out. The system chooses source ports, so that none is used up or given an age.
 * @returns undefined if the scenario asks for no check, or is itself no larger than one
 */
export function lookOf(scenario: Scenario): Scenario | undefined {
  const { look, findings: _, tcpTimestamps: __, ...rest } = scenario;
  if (look === undefined) return undefined;
  const peaks = new Map(
    scenario.arms.flatMap(({ name, load }) => (load.kind === 'open' ? [[name, peakPerSec(load)]] : [])),
  );
  const peak = Math.max(0, ...peaks.values());
  if (peak <= look.ratePerSec) return undefined;
  const arms = scenario.arms.flatMap((arm) => {
    const own = peaks.get(arm.name);
    return own === undefined ? [] : [lookArm(arm, (own * look.ratePerSec) / peak, look.forUs)];
  });
  return deepFreeze({ ...rest, arms, pass: [], findings: [] });
}

function lookArm({ source, holdsTogether: _, ...arm }: Arm, ratePerSec: number, forUs: number): Arm {
  return {
    ...arm,
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs }] },
    handshakeTimeoutUs: Math.min(arm.handshakeTimeoutUs, PATIENCE_US),
    responseTimeoutUs: Math.min(arm.responseTimeoutUs, PATIENCE_US),
    holdUs: 0,
    ...(source && { source: withoutPorts(source) }),
  };
}

function withoutPorts({ ports: _, ...source }: SourceSpec): SourceSpec {
  return source;
}
