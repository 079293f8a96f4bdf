import { isIP } from 'node:net';
import type { PingTarget } from '../../net/ping-socket.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { PlannedArm } from '../../worker/protocol.ts';

/**
 * What is pinged during a load: each endpoint once, from the first source address of its connections. Nothing for an
 * embedded far end, or if the scenario switches it off; emulated addresses are left out.
 */
export function findPingTargets(
  { ping, farEnd }: Pick<Scenario, 'ping' | 'farEnd'>,
  arms: readonly PlannedArm[],
): PingTarget[] {
  if (ping === 'off' || farEnd === 'embedded') return [];
  const targets = new Map<string, PingTarget>();
  for (const { arm, endpoints, sources } of arms) {
    // It pings by itself.
    if (arm.via === 'icmp') continue;
    const isEmulated = arm.source?.emulate === true;
    for (const { address, family } of endpoints) {
      if (targets.has(address)) continue;
      const source = isEmulated ? undefined : sources.find((own) => isIP(own) === family);
      targets.set(address, { family, address, ...(source === undefined ? {} : { source }) });
    }
  }
  return [...targets.values()];
}
