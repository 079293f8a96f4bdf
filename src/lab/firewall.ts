import type { Lab } from './lab.ts';
import { isNatMemory, LINUX_NAT, type Nat, natDeclarations, natForward, OPENING_SEC } from './nat.ts';
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

/** What each lab's presets have loaded so far. */
const LOADED = new WeakMap<Lab, FirewallRules>();

/** Sets the firewall up: NAT to its one external address, and a preset's rules, after those of the presets before it. */
export async function loadFirewall(lab: Lab, own: FirewallRules = {}): Promise<void> {
  const before = LOADED.get(lab);
  const rules = before === undefined ? own : addRules(before, own);
  LOADED.set(lab, rules);
  await lab.firewall.loadRules(
    `${before === undefined ? '' : 'delete table ip lab\n'}${writeRuleset(rules)}`,
  );
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

/** What nft(8) lists as JSON (libnftables-json(5)): one object for each thing, under the name of its kind. */
interface Listed {
  readonly nftables: readonly Readonly<Record<string, { readonly name?: string }>>[];
}

/**
 * Takes a preset's rules away, for those of another, and keeps which ports NAT has given out: their connections are
 * still in the kernel's table, which drops one that is given the same port.
 */
export async function clearFirewall(lab: Lab): Promise<void> {
  LOADED.delete(lab);
  const { nftables }: Listed = JSON.parse(await lab.firewall.run('nft', '-j', 'list', 'table', 'ip', 'lab'));
  const deletions = ['chain', 'set', 'map'].flatMap((kind) =>
    nftables.flatMap(({ [kind]: { name } = {} }) =>
      name === undefined || isNatMemory(name) ? [] : [`delete ${kind} ip lab ${name}\n`],
    ),
  );
  await lab.firewall.loadRules(`flush table ip lab\n${deletions.join('')}`);
}

function addRules(one: FirewallRules, other: FirewallRules): FirewallRules {
  const both = (part: 'forward' | 'divert' | 'declarations'): string[] => [
    ...(one[part] ?? []),
    ...(other[part] ?? []),
  ];
  const nat = other.nat ?? one.nat;
  return {
    ...{ forward: both('forward'), divert: both('divert'), declarations: both('declarations') },
    ...(nat === undefined ? {} : { nat }),
  };
}

/** The complete ruleset in nft's syntax. Pure. */
function writeRuleset({ forward = [], divert = [], declarations = [], nat = LINUX_NAT }: FirewallRules) {
  return [
    'table ip lab {',
    ...declarations,
    ...natDeclarations(nat),
    ...chain('divert', 'type nat hook prerouting priority dstnat', divert),
    ...chain('forward', 'type filter hook forward priority filter', [...forward, ...natForward(nat)]),
    '}',
    '',
  ].join('\n');
}
