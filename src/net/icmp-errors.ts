import { constants } from 'node:os';
import { CANNOT_TELL, describeIcmp, RST, SOME_ICMP } from '../outcome/refusal.ts';
import { formatAddress } from './addresses.ts';
import { Arena, getScratch, type Region } from './arena.ts';
import { IP_RECVERR, IPPROTO_IP, IPPROTO_IPV6, IPV6_RECVERR, MSG_ERRQUEUE } from './constants.ts';
import { loadLibc } from './load.ts';
import { createTcpInfo, readTcpInfo } from './tcp-info.ts';

const { errno: ERRNO } = constants;

/**
 * The errnos that the kernel derives from ICMP errors: icmp_err_convert (net/ipv4/icmp.c), tab_unreach
 * (net/ipv6/icmp.c).
 */
const REFUSALS: ReadonlySet<number> = new Set([
  ERRNO.ECONNREFUSED,
  ERRNO.EHOSTUNREACH,
  ERRNO.ENETUNREACH,
  ERRNO.EACCES,
  ERRNO.EPROTO,
  ERRNO.ENOPROTOOPT,
  // EHOSTDOWN, for host-unknown; Node has no name for it.
  112,
]);

/**
 * Turns queueing of ICMP errors during a socket's handshake on or off (ipv6(7), IPV6_RECVERR). It must be off once a
 * connection is established: the kernel would end the connection at the first error instead of continuing.
 *
 * Over IPv4 the kernel queues errors of a handshake by default, and only those: tcp_v4_err() calls ip_icmp_error(),
 * which does not check IP_RECVERR (net/ipv4/tcp_ipv4.c, ip_sockglue.c), whereas ipv6_icmp_error() does
 * (net/ipv6/datagram.c). This saves an IPv4 connection two system calls.
 */
export function keepIcmpErrors(fd: number, family: 4 | 6, isOn: boolean): void {
  if (family === 4) return;
  const { value } = getScratch();
  value.words[0] = isOn ? 1 : 0;
  loadLibc().setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, value.address, 4);
}

/**
 * What answered the SYN of a failed connection, see outcome/refusal.ts; empty if nothing did.
 * @param errno why it failed
 */
export function readRefusal(fd: number, family: 4 | 6, errno: number): string {
  if (!REFUSALS.has(errno)) return '';
  const told = takeIcmpError(fd, family);
  if (told !== undefined) return told;
  if (errno !== ERRNO.ECONNREFUSED) return CANNOT_TELL;
  // An RST is a segment, and counted as one (tcp_v4_rcv() in net/ipv4/tcp_ipv4.c); an ICMP message is not.
  readTcpInfo(fd, tcpInfo);
  if (tcpInfo.segmentsIn < 0) return CANNOT_TELL;
  return tcpInfo.segmentsIn > 0 ? RST : SOME_ICMP;
}

const tcpInfo = createTcpInfo();

/** Drains queued errors, so that they do not put the socket into an error state. */
export function dropIcmpErrors(fd: number): void {
  // The minimum that a kernel keeps in a socket's receive buffer.
  for (let count = 0; count < 8 && receive(fd); count += 1);
}

/** The last queued ICMP error: the one that ended the handshake. */
function takeIcmpError(fd: number, family: 4 | 6): string | undefined {
  let told: string | undefined;
  for (let count = 0; count < 8 && receive(fd); count += 1) told = readControl(family) ?? told;
  return told;
}

const is32Bit = process.arch === 'arm' || process.arch === 'ia32';
const WORD = is32Bit ? 4 : 8;

/** struct msghdr (recv(2)): name, its length, vectors, their number, control, its length, flags; one word each. */
const CONTROL_AT = 4 * WORD;
const CONTROL_LENGTH_AT = 5 * WORD;
const MESSAGE_BYTES = 7 * WORD;
/** struct cmsghdr (cmsg(3)): length, level, type. */
const LEVEL_AT = WORD;
const DATA_AT = WORD + 8;
/**
 * struct sock_extended_err (ip(7)): errno, then one byte each for origin, type, code; after it the offender's
 * address.
 */
const ORIGIN_AT = 4;
const OFFENDER_AT = 16;
const CONTROL_BYTES = 256;

/** uapi/linux/errqueue.h */
const SO_EE_ORIGIN_ICMP = 2;
const SO_EE_ORIGIN_ICMP6 = 3;

let places: { readonly message: Region; readonly control: Region } | undefined;

function getPlaces(): NonNullable<typeof places> {
  if (places === undefined) {
    const arena = new Arena(loadLibc(), 4_096);
    places = { message: arena.take(MESSAGE_BYTES), control: arena.take(CONTROL_BYTES) };
  }
  return places;
}

function receive(fd: number): boolean {
  const { message, control } = getPlaces();
  message.bytes.fill(0);
  control.bytes.fill(0);
  message.words[CONTROL_AT / 4] = control.address;
  // Above the lowest 4 GiB if no lower address was free.
  if (!is32Bit) message.words[CONTROL_AT / 4 + 1] = Math.floor(control.address / 2 ** 32);
  message.words[CONTROL_LENGTH_AT / 4] = CONTROL_BYTES;
  return loadLibc().recvmsg(fd, message.address, MSG_ERRQUEUE) >= 0;
}

/** There may be several control messages, each aligned to a word. */
function readControl(family: 4 | 6): string | undefined {
  const { message, control } = getPlaces();
  const { bytes, words } = control;
  const length = Math.min(message.words[CONTROL_LENGTH_AT / 4]!, CONTROL_BYTES);
  const [level, option] = family === 4 ? [IPPROTO_IP, IP_RECVERR] : [IPPROTO_IPV6, IPV6_RECVERR];
  for (let at = 0; at + DATA_AT + OFFENDER_AT <= length; ) {
    const size = words[at / 4]!;
    if (size < DATA_AT) return undefined;
    if (words[(at + LEVEL_AT) / 4] === level && words[(at + LEVEL_AT) / 4 + 1] === option)
      return readError(family, bytes.subarray(at + DATA_AT, at + size));
    at += Math.ceil(size / WORD) * WORD;
  }
  return undefined;
}

function readError(family: 4 | 6, error: Uint8Array): string | undefined {
  const [origin, type, code] = error.subarray(ORIGIN_AT, ORIGIN_AT + 3);
  if (origin !== SO_EE_ORIGIN_ICMP && origin !== SO_EE_ORIGIN_ICMP6) return undefined;
  return describeIcmp(family, type!, code!, formatOffender(family, error.subarray(OFFENDER_AT)));
}

/** The address in a struct sockaddr_in or sockaddr_in6. */
function formatOffender(family: 4 | 6, sockaddr: Uint8Array): string {
  return formatAddress(family === 4 ? sockaddr.subarray(4, 8) : sockaddr.subarray(8, 24));
}
