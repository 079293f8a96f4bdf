import type { Scenario } from '../scenario/types.ts';
import { judgeDescriptors } from './judge-descriptors.ts';
import { judgeHost } from './judge-host.ts';
import { judgeKerberos } from './judge-kerberos.ts';
import { judgeConntrack, judgeKernel } from './judge-kernel.ts';
import { judgePackets } from './judge-packets.ts';
import { judgePorts } from './judge-ports.ts';
import { judgeReach } from './judge-reach.ts';
import { judgeSources } from './judge-sources.ts';
import type { Check, HostFacts, KerberosFacts, ReachFacts } from './types.ts';

/** Compares what this machine offers with what the scenario needs. Pure: facts in, judgements out. */
export function judge(
  facts: HostFacts,
  scenario?: Scenario,
  reach: readonly ReachFacts[] = [],
  kerberos: readonly KerberosFacts[] = [],
): Check[] {
  return [
    ...judgeHost(facts),
    ...judgeDescriptors(facts, scenario),
    ...judgePorts(facts, scenario, reach),
    ...(scenario === undefined ? [] : judgeSources(facts, scenario)),
    ...judgeConntrack(facts, scenario),
    ...judgeKernel(facts, scenario),
    ...judgePackets(facts),
    ...judgeReach(reach),
    ...judgeKerberos(kerberos),
  ];
}
