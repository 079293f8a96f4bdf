import { EnvironmentError } from '../../errors.ts';
import { parseAddress } from '../addresses.ts';
import { addressRanges } from './address-ranges.ts';
import { CAPABILITY_HINT } from './needs.ts';
import {
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_REQUEST,
} from './netlink-message.ts';
import { NETLINK_NETFILTER, NetlinkError, NetlinkSocket } from './netlink-socket.ts';
import * as nft from './nf-tables.ts';

/** Packets that are meant for the engine and that the kernel must not answer. */
export interface GuardedTraffic {
  readonly interfaceName: string;
  readonly family: 4 | 6;
  /** Their destination addresses. */
  readonly addresses: readonly string[];
  /**
   * Only TCP from these endpoints to these ports, because the kernel has the addresses as well. Absent: everything,
   * because only the engine has them.
   */
  readonly only?: {
    readonly endpoints: readonly { readonly address: string; readonly port: number }[];
    readonly ports: readonly { readonly from: number; readonly to: number }[];
  };
}

export interface Guard {
  /** Name of the nftables table, family netdev. */
  readonly table: string;
  release(): void;
}

let made = 0;

/**
 * Keeps packets that are meant for the packet engine from the kernel: it would answer those to its own address with
 * RST, and forward or refuse the others. A rule in nftables' family netdev, hook ingress, drops them after packet
 * sockets have received them. The table is owned by a socket of this process (NFT_TABLE_F_OWNER) and disappears with
 * it, however the process ends; `nft flush ruleset` does not remove it.
 * @throws EnvironmentError without CAP_NET_ADMIN, or if the kernel has no such tables
 */
export function setGuard(traffic: readonly GuardedTraffic[]): Guard {
  made += 1;
  const table = `rushhour-${process.pid}-${made}`;
  const socket = openNetfilter();
  try {
    socket.send(transaction(table, traffic));
  } catch (cause) {
    socket.close();
    throw refusal(cause);
  }
  return { table, release: () => socket.close() };
}

/**
 * Whether {@link setGuard} would work, without changing anything.
 * @returns undefined if it would; `EPERM` without CAP_NET_ADMIN; otherwise what the kernel lacks
 */
export function whyNoGuard(): string | undefined {
  let socket: NetlinkSocket | undefined;
  try {
    socket = new NetlinkSocket(NETLINK_NETFILTER);
    socket.ask(nft.GET_GENERATION, NLM_F_REQUEST, nft.generationBody);
    return undefined;
  } catch (error) {
    if (error instanceof NetlinkError) return error.code;
    throw error;
  } finally {
    socket?.close();
  }
}

function openNetfilter(): NetlinkSocket {
  try {
    return new NetlinkSocket(NETLINK_NETFILTER);
  } catch (cause) {
    throw refusal(cause);
  }
}

function transaction(table: string, traffic: readonly GuardedTraffic[]): NetlinkMessage[] {
  const chains: NetlinkMessage[] = [];
  const rules: NetlinkMessage[] = [];
  const add = (chain: string, ...expressions: (readonly nft.Expression[])[]): void => {
    const body = nft.ruleBody(table, chain, expressions.flat());
    rules.push({ type: nft.NEW_RULE, flags: MAKE | NLM_F_APPEND, body });
  };
  const addChain = (body: Uint8Array): void => {
    chains.push({ type: nft.NEW_CHAIN, flags: MAKE, body });
  };
  const entries = new Map<string, string>();
  for (const [index, { interfaceName, family, addresses, only }] of traffic.entries()) {
    const entry = entries.get(interfaceName) ?? `ingress-${entries.size}`;
    if (!entries.has(interfaceName)) addChain(nft.ingressBody(table, entry, interfaceName));
    entries.set(interfaceName, entry);
    // Successive chains rather than a rule for each combination: matching takes the sum of the conditions, not their
    // product.
    const [atPorts, atAddresses] = [`ports-${index}`, `addresses-${index}`];
    addChain(nft.chainBody(table, atAddresses));
    for (const { from, to } of addressRanges(addresses))
      add(atAddresses, nft.isOfFamily(family), nft.goesTo(family, from, to), [nft.count, nft.drop]);
    if (only === undefined) {
      add(entry, nft.isOfFamily(family), [nft.jumpTo(atAddresses)]);
      continue;
    }
    addChain(nft.chainBody(table, atPorts));
    for (const { from, to } of only.ports)
      add(atPorts, nft.isTcp, nft.goesToPort(from, to), [nft.jumpTo(atAddresses)]);
    for (const { address, port } of only.endpoints) {
      const source = nft.comesFrom(family, parseAddress(address));
      add(entry, nft.isOfFamily(family), source, nft.isTcp, nft.comesFromPort(port), [nft.jumpTo(atPorts)]);
    }
  }
  return [
    { type: nft.BATCH_BEGIN, flags: NLM_F_REQUEST, body: nft.batchBody },
    { type: nft.NEW_TABLE, flags: MAKE, body: nft.tableBody(table) },
    ...chains,
    ...rules,
    { type: nft.BATCH_END, flags: NLM_F_REQUEST, body: nft.batchBody },
  ];
}

const MAKE: number = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;

function refusal(cause: unknown): unknown {
  if (!(cause instanceof NetlinkError)) return cause;
  if (cause.code === 'EPERM')
    return new EnvironmentError('the packet engine needs CAP_NET_ADMIN to hide its packets from the kernel', {
      hint: CAPABILITY_HINT,
      cause,
    });
  return new EnvironmentError(
    `the kernel refused the nftables rule that hides the packet engine's packets from it (${cause.code})`,
    {
      hint: 'it needs Linux 5.12 or newer with nf_tables (CONFIG_NF_TABLES_NETDEV): modprobe nf_tables, or use --engine raw',
      cause,
    },
  );
}
