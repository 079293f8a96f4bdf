import { writeU16 } from './big-endian.ts';
import { finishChecksum, sumBytes, sumPseudoHeader } from './checksum.ts';
import { ETHER_TYPE, ETHERNET_BYTES, writeEthernet } from './ethernet.ts';
import { IPV6_BYTES, PROTOCOL, writeIpv6 } from './ip.ts';
import { macOfGroup } from './neighbour-discovery.ts';

/** Types of ICMPv6: a querier's question (RFC 3810 section 5.1), and a host's report (section 5.2). */
export const LISTENER_QUERY = 130;
const LISTENER_REPORT = 143;

/** Types of the records of a report (RFC 3810 section 5.2.12), all without sources. */
const RECORD = {
  /** MODE_IS_EXCLUDE, the answer to a question: every sender is listened to. */
  listens: 2,
  /** CHANGE_TO_INCLUDE_MODE: nobody is listened to any more. */
  leaves: 3,
  /** CHANGE_TO_EXCLUDE_MODE: from now on, every sender is. */
  joins: 4,
} as const;

/** What a host says of a group. */
export type Listening = keyof typeof RECORD;

/** Next header, length, the router alert of RFC 2711 with value 0 (a message of this protocol), two bytes of padding. */
const ROUTER_ALERT: readonly number[] = [PROTOCOL.ICMPV6, 0, 5, 2, 0, 0, 1, 0];
/** Type, code, checksum, 2 unused bytes, number of records. */
const REPORT_BYTES = 8;
/** Type, length of other data, number of sources, group. */
const RECORD_BYTES = 20;

/** Groups in a report: a frame then has fewer than 256 bytes. */
export const MOST_GROUPS = 9;
/** The longest frame written here. */
export const REPORT_FRAME_BYTES: number =
  ETHERNET_BYTES + IPV6_BYTES + ROUTER_ALERT.length + REPORT_BYTES + MOST_GROUPS * RECORD_BYTES;

/** ff02::16, all routers that know version 2 (RFC 3810 section 5.2.14). */
const ALL_ROUTERS = new Uint8Array([0xff, 2, ...new Array<number>(13).fill(0), 0x16]);
/**
 * Of hosts without a link-local address: such reports are for switches that forward a group only to where somebody listens
 * (RFC 3590 section 4).
 */
const UNSPECIFIED = new Uint8Array(16);

/**
 * Reports to switches and routers which multicast groups a host listens to (RFC 3810).
 * @param into at least {@link REPORT_FRAME_BYTES}, written from its start
 * @param groups 1 to {@link MOST_GROUPS}
 * @returns length of the frame
 */
export function writeListenerReport(
  into: Uint8Array,
  mac: Uint8Array,
  listening: Listening,
  groups: readonly Uint8Array[],
): number {
  const messageBytes = REPORT_BYTES + groups.length * RECORD_BYTES;
  const ipAt = writeEthernet(into, macOfGroup(ALL_ROUTERS), mac, ETHER_TYPE.IPV6);
  const alertAt = writeIpv6(into, ipAt, {
    ...{ source: UNSPECIFIED, destination: ALL_ROUTERS, nextHeader: PROTOCOL.HOP_BY_HOP },
    ...{ payloadBytes: ROUTER_ALERT.length + messageBytes, hopLimit: 1 },
  });
  into.set(ROUTER_ALERT, alertAt);
  const at = alertAt + ROUTER_ALERT.length;
  const end = at + messageBytes;
  into.fill(0, at, end);
  into[at] = LISTENER_REPORT;
  writeU16(into, at + 6, groups.length);
  for (const [index, group] of groups.entries()) {
    const recordAt = at + REPORT_BYTES + index * RECORD_BYTES;
    into[recordAt] = RECORD[listening];
    into.set(group, recordAt + 4);
  }
  const pseudo = sumPseudoHeader(UNSPECIFIED, ALL_ROUTERS, PROTOCOL.ICMPV6, messageBytes);
  writeU16(into, at + 2, finishChecksum(pseudo + sumBytes(into, at, end)));
  return end;
}

const HOP_LIMIT_AT: number = ETHERNET_BYTES + 7;
const SOURCE_AT: number = ETHERNET_BYTES + 8;
const ALERT_AT: number = ETHERNET_BYTES + IPV6_BYTES;
const MESSAGE_AT: number = ALERT_AT + ROUTER_ALERT.length;
const GROUP_AT: number = MESSAGE_AT + 8;

/**
 * The group that a querier asks about, in a frame with a hop-by-hop header of 8 bytes; all zero: all groups.
 * @returns undefined if it is no query of a host on this link (RFC 3810 section 6.2)
 */
export function readListenerQuery(frame: Uint8Array): Uint8Array | undefined {
  if (frame.length < GROUP_AT + 16 || frame[ETHERNET_BYTES + 6] !== PROTOCOL.HOP_BY_HOP) return undefined;
  if (frame[ALERT_AT] !== PROTOCOL.ICMPV6 || frame[ALERT_AT + 1] !== 0) return undefined;
  const isLinkLocal = frame[SOURCE_AT] === 0xfe && (frame[SOURCE_AT + 1]! & 0xc0) === 0x80;
  if (frame[HOP_LIMIT_AT] !== 1 || !isLinkLocal || frame[MESSAGE_AT] !== LISTENER_QUERY) return undefined;
  return frame.subarray(GROUP_AT, GROUP_AT + 16);
}
