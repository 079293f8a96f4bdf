import { deepFreeze } from './freeze.ts';
import { peakPerSec } from './load-shape.ts';
import type { Arm, LookSpec, Scenario } from './types.ts';

/** What a person takes for no answer, and short enough that the look ends soon after its last attempt. */
const PATIENCE_US = 5_000_000;

/** A look's way and length where the scenario only asks for one. */
export const DEFAULT_LOOK: LookSpec = { ratePerSec: 20, forUs: 10_000_000 };

/**
 * The same traffic, few and for seconds: what a scenario begins with to see whether proxy and target bear any load at all. Its
 * highest rate becomes the look's, the other arms keep their proportion to it; closed loops, sweeps and browsers stay
 * out of it. Source ports are left to the system, so that none is used up or given an age by it.
 * @returns undefined where the scenario asks for none, or is no more than a look itself
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

function lookArm({ source, ...arm }: Arm, ratePerSec: number, forUs: number): Arm {
  return {
    ...arm,
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs }] },
    handshakeTimeoutUs: Math.min(arm.handshakeTimeoutUs, PATIENCE_US),
    responseTimeoutUs: Math.min(arm.responseTimeoutUs, PATIENCE_US),
    holdUs: 0,
    ...(source === undefined ? {} : { source: { addresses: source.addresses } }),
  };
}
