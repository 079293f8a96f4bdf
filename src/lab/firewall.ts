import type { Lab } from './lab.ts';
import { LINUX_NAT, type Nat, natDeclarations, natForward, OPENING_SEC } from './nat.ts';
import { chain } from './ruleset.ts';
import { INSIDE } from './topology.ts';

/** Matches a SYN that opens a connection, on its way out. */
export const OUTGOING_SYN = `iifname "${INSIDE}" tcp flags & (syn|ack) == syn`;

export interface FirewallRules {
  /** Rules of the forward hook, in order. */
  readonly forward?: readonly string[];
  /** Rules that see the first packet of each connection from the clients and may redirect it. */
  readonly divert?: readonly string[];
  /** Sets, maps and chains that the rules use. */
  readonly declarations?: readonly string[];
  /** Absent: Linux's default. */
  readonly nat?: Nat;
}

/** Sets the firewall up: NAT to its one external address, and a preset's rules. */
export async function loadFirewall(lab: Lab, rules: FirewallRules = {}): Promise<void> {
  await lab.firewall.loadRules(writeRuleset(rules));
  const { finSec, rstSec } = rules.nat ?? LINUX_NAT;
  // After the rules: on some kernels the settings appear with the first rule that needs them.
  await lab.firewall.setSysctls({
    'net.netfilter.nf_conntrack_tcp_timeout_time_wait': finSec,
    'net.netfilter.nf_conntrack_tcp_timeout_close': rstSec,
    'net.netfilter.nf_conntrack_tcp_timeout_syn_sent': OPENING_SEC,
    // Rules may use packet counts, which Linux keeps only on request.
    'net.netfilter.nf_conntrack_acct': 1,
  });
}

/** The complete ruleset in nft's syntax. Pure. */
function writeRuleset({ forward = [], divert = [], declarations = [], nat = LINUX_NAT }: FirewallRules) {
  return [
    'table ip lab {',
    ...declarations,
    ...natDeclarations(nat),
    ...chain('divert', 'type nat hook prerouting priority dstnat', divert),
    ...chain('forward', 'type filter hook forward priority filter', [...forward, ...natForward()]),
    '}',
    '',
  ].join('\n');
}
