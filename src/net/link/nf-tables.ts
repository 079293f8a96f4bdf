import { attribute, concat, nested, textAttribute } from './netlink-message.ts';

/*
 * Rules of nftables as the kernel expects them (include/uapi/linux/netfilter/nf_tables.h). As in all of nfnetlink,
 * numbers are in network byte order, and so are the packet bytes that a rule compares.
 */

/** include/uapi/linux/netfilter/nfnetlink.h: NFNL_SUBSYS_NFTABLES, and the ends of a transaction. */
const SUBSYSTEM = 10;
export const BATCH_BEGIN = 16;
export const BATCH_END = 17;

export const NEW_TABLE: number = (SUBSYSTEM << 8) | 0;
export const NEW_CHAIN: number = (SUBSYSTEM << 8) | 3;
export const NEW_RULE: number = (SUBSYSTEM << 8) | 6;
export const GET_GENERATION: number = (SUBSYSTEM << 8) | 16;

/** include/uapi/linux/netfilter.h */
const NFPROTO_NETDEV = 5;
const NF_NETDEV_INGRESS = 0;
const NF_DROP = 0;
const NFT_JUMP = -3;

/** The table is removed when the socket that made it is closed (Linux 5.12). */
const NFT_TABLE_F_OWNER = 2;

/** struct nfgenmsg: family, version, and what a batch is for. */
function header(family: number, subsystem: number): Uint8Array {
  return new Uint8Array([family, 0, subsystem >>> 8, subsystem & 0xff]);
}

export const batchBody: Uint8Array = header(0, SUBSYSTEM);
export const generationBody: Uint8Array = header(0, 0);

export function tableBody(table: string): Uint8Array {
  return concat([header(NFPROTO_NETDEV, 0), textAttribute(1, table), attribute(2, word(NFT_TABLE_F_OWNER))]);
}

/** A chain that is reached only from other chains. */
export function chainBody(table: string, chain: string): Uint8Array {
  return concat([header(NFPROTO_NETDEV, 0), textAttribute(1, table), textAttribute(3, chain)]);
}

/** Before any other: NF_IP_PRI_RAW_BEFORE_DEFRAG and users' own priorities are above it. */
const FIRST_PRIORITY = -500;

/** A chain that all packets enter that arrive on an interface, after packet sockets have received them. */
export function ingressBody(table: string, chain: string, interfaceName: string): Uint8Array {
  const hook = nested(4, [
    attribute(1, word(NF_NETDEV_INGRESS)),
    attribute(2, word(FIRST_PRIORITY)),
    textAttribute(3, interfaceName),
  ]);
  return concat([chainBody(table, chain), hook, textAttribute(7, 'filter')]);
}

/** One step of a rule. */
export type Expression = Uint8Array;

export function ruleBody(table: string, chain: string, expressions: readonly Expression[]): Uint8Array {
  return concat([
    header(NFPROTO_NETDEV, 0),
    textAttribute(1, table),
    textAttribute(2, chain),
    nested(4, expressions),
  ]);
}

function expression(name: string, data: readonly Uint8Array[]): Expression {
  return nested(1, [textAttribute(1, name), nested(2, data)]);
}

/** The only register used. */
const REGISTER = 1;
const VERDICT_REGISTER = 0;

/** NFT_META_PROTOCOL: the EtherType; NFT_META_L4PROTO. */
const META_PROTOCOL = 1;
const META_L4PROTO = 16;

function loadMeta(key: number): Expression {
  return expression('meta', [attribute(1, word(REGISTER)), attribute(2, word(key))]);
}

/** NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER */
const BASES = { network: 1, transport: 2 } as const;

function loadPayload(base: keyof typeof BASES, offset: number, length: number): Expression {
  return expression('payload', [
    attribute(1, word(REGISTER)),
    attribute(2, word(BASES[base])),
    attribute(3, word(offset)),
    attribute(4, word(length)),
  ]);
}

/** Continues only if the register holds this. */
function isEqual(value: Uint8Array): Expression {
  return expression('cmp', [
    attribute(1, word(REGISTER)),
    attribute(2, word(0)),
    nested(3, [attribute(1, value)]),
  ]);
}

/** Continues only if the register lies between these, both included. */
function isBetween(from: Uint8Array, to: Uint8Array): Expression {
  if (from.every((byte, index) => byte === to[index])) return isEqual(from);
  return expression('range', [
    attribute(1, word(REGISTER)),
    attribute(2, word(0)),
    nested(3, [attribute(1, from)]),
    nested(4, [attribute(1, to)]),
  ]);
}

function verdict(code: number, chain?: string): Expression {
  const value = nested(2, [
    attribute(1, word(code)),
    ...(chain === undefined ? [] : [textAttribute(2, chain)]),
  ]);
  return expression('immediate', [attribute(1, word(VERDICT_REGISTER)), nested(2, [value])]);
}

export const count: Expression = expression('counter', []);
export const drop: Expression = verdict(NF_DROP);

export function jumpTo(chain: string): Expression {
  return verdict(NFT_JUMP, chain);
}

/** Where addresses are in the header (RFC 791 section 3.1, RFC 8200 section 3). */
const SOURCE_AT = { 4: 12, 6: 8 } as const;
const DESTINATION_AT = { 4: 16, 6: 24 } as const;
const ADDRESS_BYTES = { 4: 4, 6: 16 } as const;
const ETHER_TYPES = { 4: [0x08, 0x00], 6: [0x86, 0xdd] } as const;
const TCP = 6;

export function isOfFamily(family: 4 | 6): Expression[] {
  return [loadMeta(META_PROTOCOL), isEqual(Uint8Array.from(ETHER_TYPES[family]))];
}

export function comesFrom(family: 4 | 6, address: Uint8Array): Expression[] {
  return [loadPayload('network', SOURCE_AT[family], ADDRESS_BYTES[family]), isEqual(address)];
}

export function goesTo(family: 4 | 6, from: Uint8Array, to: Uint8Array): Expression[] {
  return [loadPayload('network', DESTINATION_AT[family], ADDRESS_BYTES[family]), isBetween(from, to)];
}

export const isTcp: readonly Expression[] = [loadMeta(META_L4PROTO), isEqual(new Uint8Array([TCP]))];

export function comesFromPort(port: number): Expression[] {
  return [loadPayload('transport', 0, 2), isEqual(halfWord(port))];
}

export function goesToPort(from: number, to: number): Expression[] {
  return [loadPayload('transport', 2, 2), isBetween(halfWord(from), halfWord(to))];
}

/** 32 bits in network byte order. */
function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value | 0);
  return bytes;
}

function halfWord(value: number): Uint8Array {
  return new Uint8Array([value >>> 8, value & 0xff]);
}
