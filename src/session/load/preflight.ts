import type { HostFacts } from '../../doctor/types.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { withoutZone } from '../../scenario/host-names.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import { formatEndpoint } from './resolve.ts';

/**
 * Every source address must belong to this machine: otherwise bind() would fail for each attempt.
 * @throws EnvironmentError naming those that do not
 */
export function checkSources(
  arms: readonly PlannedArm[],
  { addresses, sysctls }: Pick<HostFacts, 'addresses' | 'sysctls'>,
): void {
  if (sysctls['net.ipv4.ip_nonlocal_bind'] === '1') return;
  // All of 127/8 is local without being listed (RFC 1122 section 3.2.1.3).
  const isOwn = (address: string): boolean =>
    address.startsWith('127.') || addresses.includes(withoutZone(address));
  for (const { arm, sources } of arms) {
    if (arm.source?.emulate === true) continue;
    const foreign = sources.filter((address) => !isOwn(address));
    if (foreign.length === 0) continue;
    throw new EnvironmentError(`arm ${arm.name}: ${foreign.join(', ')} is not an address of this machine`, {
      hint: `add it (ip address add ${foreign[0]}/32 dev lo, as root), or change source.addresses or socket.bind`,
    });
  }
}

/**
 * No two arms may use the same port of the same address towards the same endpoint: each would find it in use by the
 * other, and neither would know the age of its ports.
 * @throws UsageError naming the two
 */
export function checkOverlaps(arms: readonly PlannedArm[]): void {
  for (const [index, one] of arms.entries()) {
    for (const other of arms.slice(index + 1)) {
      if (!sharesPorts(one, other)) continue;
      throw new UsageError(
        `arms ${one.arm.name} and ${other.arm.name} use the same source ports of the same address to the same peer`,
        { hint: 'give each arm its own range in source.ports' },
      );
    }
  }
}

function sharesPorts(one: PlannedArm, other: PlannedArm): boolean {
  const endpoints = new Set(one.endpoints.map(formatEndpoint));
  if (!other.endpoints.some((endpoint) => endpoints.has(formatEndpoint(endpoint)))) return false;
  if (!other.sources.some((address) => one.sources.includes(address))) return false;
  return (one.ports ?? []).some(({ from, to }) =>
    (other.ports ?? []).some((range) => range.from <= to && from <= range.to),
  );
}
