import { computeSynSchedule } from '../../doctor/syn-schedule.ts';
import type { HostFacts } from '../../doctor/types.ts';
import type { Scenario } from '../../scenario/types.ts';

/** When this host retransmits a SYN, for run.json; empty if its settings cannot be read. */
export function describeSynSchedule(
  { sysctls }: Pick<HostFacts, 'sysctls'>,
  { arms }: Pick<Scenario, 'arms'>,
): { synResentAtSec?: readonly number[] } {
  const own = sysctls['net.ipv4.tcp_syn_retries'];
  if (own === undefined) return {};
  // An arm's own count lengthens or shortens the schedule but moves no step: the longest covers all.
  const retries = Math.max(Number(own), ...arms.map(({ socket }) => socket.synCount ?? 0));
  // Kernels before 6.5 lack the setting and back off from the first retransmission on.
  const linear = Number(sysctls['net.ipv4.tcp_syn_linear_timeouts'] ?? 0);
  return { synResentAtSec: computeSynSchedule(retries, linear).resentAtSec };
}
