import { BlockList, isIP } from 'node:net';
import { withoutZone } from '../scenario/host-names.ts';
import type { Arm, Scenario, SourceAddress } from '../scenario/types.ts';
import type { Check, HostFacts } from './types.ts';

/** Source addresses that arms bind must belong to this machine, unless the kernel is configured otherwise. */
export function judgeSources(facts: HostFacts, scenario: Scenario): Check[] {
  const wanted = [...new Set(scenario.arms.flatMap(listNamed))];
  if (wanted.length === 0 || facts.sysctls['net.ipv4.ip_nonlocal_bind'] === '1') return [];
  // Every address of 127.0.0.0/8 belongs to this machine, listed or not.
  const absent = wanted.filter(
    (address) => !address.startsWith('127.') && !facts.addresses.includes(withoutZone(address)),
  );
  if (absent.length === 0)
    return [
      { name: 'sources', level: 'ok', what: `source addresses exist on this machine: ${wanted.join(', ')}` },
    ];
  return [
    {
      name: 'sources',
      level: 'fail',
      what: `source addresses do not exist on this machine: ${absent.join(', ')}`,
      why: 'Binding them fails, and nothing is sent.',
      mend: `ip address add ${absent[0]}/24 dev <interface>`,
    },
  ];
}

function listNamed({ socket, source }: Arm): string[] {
  const named = source?.addresses.flatMap((entry) => (entry.kind === 'address' ? [entry.address] : [])) ?? [];
  return [...socket.bind, ...named];
}

/**
 * How many source addresses an arm has, at least 1; for an interface, whose addresses are not known here, as if it had
 * all.
 */
export function countSources(facts: HostFacts, { socket, source }: Arm): number {
  const found = (source?.addresses ?? []).map((entry) => countEntry(facts, entry));
  return Math.max(
    1,
    socket.bind.length,
    found.reduce((sum, count) => sum + count, 0),
  );
}

function countEntry({ addresses }: HostFacts, entry: SourceAddress): number {
  switch (entry.kind) {
    case 'address':
      return 1;
    case 'network': {
      const { network, prefix } = entry;
      if (network.startsWith('127.')) return prefix > 30 ? 2 ** (32 - prefix) : 2 ** (32 - prefix) - 2;
      const list = new BlockList();
      list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
      return addresses.filter((one) => list.check(one, isIP(one) === 6 ? 'ipv6' : 'ipv4')).length;
    }
    case 'interface':
    case 'all':
      return addresses.filter((one) => isIP(one) === 4 && !one.startsWith('127.')).length;
  }
}
