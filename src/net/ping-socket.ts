import { Arena, type Region } from './arena.ts';
import {
  AF_INET,
  AF_INET6,
  CLOCK_REALTIME,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from './constants.ts';
import { type Libc, loadLibc } from './load.ts';
import { writeSockaddr } from './sockaddr.ts';
import { finishChecksum, sumBytes } from './wire/checksum.ts';

/** include/linux/net.h, uapi/linux/in.h, uapi/linux/in6.h */
const SOCK_DGRAM = 2;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** uapi/asm-generic/socket.h: two 8-byte fields on every architecture, since Linux 5.1. */
const SO_TIMESTAMPNS_NEW = 64;

/** RFC 792, RFC 4443: echo request and reply, by family. */
const ECHO = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;
const HEADER_BYTES = 8;
/** What ping(8) sends. */
const PAYLOAD_BYTES = 56;
const MESSAGE_BYTES = HEADER_BYTES + PAYLOAD_BYTES;
const RECEIVED_BYTES = 512;
const CONTROL_BYTES = 256;

/** EAGAIN is EWOULDBLOCK on all architectures that koffi ships for (uapi/asm-generic/errno-base.h). */
const EAGAIN = 11;
/** Messages that are looked at for one reply: a raw socket hears those of other programs. */
const MOST_READ = 64;

const is32Bit = process.arch === 'arm' || process.arch === 'ia32';
const WORD = is32Bit ? 4 : 8;
/** struct msghdr (recv(2)): name, its length, vectors, their number, control, its length, flags; one word each. */
const MSGHDR_BYTES = 7 * WORD;
/** struct cmsghdr (cmsg(3)): length, level, type; data after it. */
const CMSG_DATA_AT = WORD + 8;

/** An echo reply. */
export interface EchoReply {
  /** 0-65535, of the request. */
  readonly sequence: number;
  /** Since the request was sent, microseconds. */
  readonly tookUs: number;
  /**
   * Whether the kernel timed the arrival; otherwise it was timed as it was read, and `tookUs` is an upper bound. After the
   * first socket of a machine asks for times, the kernel notes none for a moment, which is longer on a busy machine: it begins
   * by deferred work (net_enable_timestamp(), net/core/dev.c), and fills the time of reading in (__sock_recv_timestamp()).
   */
  readonly isTimedByKernel: boolean;
}

/** Sends echo requests to one address, and hears its replies. */
export interface PingSocket {
  /** `datagram`: a ping socket, for which net.ipv4.ping_group_range has to allow it; `raw`: CAP_NET_RAW. */
  readonly kind: 'datagram' | 'raw';
  /** @param sequence 0-65535 @returns 0, or an errno */
  send(sequence: number): number;
  /** The next reply that has come; undefined: none so far. Never waits. */
  receive(): EchoReply | undefined;
  close(): void;
}

export interface PingTarget {
  readonly family: 4 | 6;
  /** Literal address. */
  readonly address: string;
  /** Source address; absent: the system chooses. */
  readonly source?: string | undefined;
}

/**
 * Opens a ping socket where the system allows one (icmp(7), ping_group_range), otherwise a raw one.
 * @returns the errno of what failed instead: EACCES or EPERM where neither is allowed
 * @throws EnvironmentError without koffi
 */
export function openPingSocket(target: PingTarget): PingSocket | number {
  const libc = loadLibc();
  const { family } = target;
  const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  const open = (type: number): number =>
    libc.socket(family === 4 ? AF_INET : AF_INET6, type | flags, protocol);
  const datagram = open(SOCK_DGRAM);
  const fd = datagram >= 0 ? datagram : open(SOCK_RAW);
  if (fd < 0) return libc.errno();
  const arena = new Arena(libc, 2_048);
  const errno = prepare(libc, fd, target, arena.take(128));
  if (errno !== 0) {
    libc.close(fd);
    arena.release();
    return errno;
  }
  return createPing(libc, fd, arena, { family, kind: datagram >= 0 ? 'datagram' : 'raw' });
}

/** @returns 0 or an errno */
function prepare(libc: Libc, fd: number, { family, address, source }: PingTarget, scratch: Region): number {
  scratch.words[0] = 1;
  // Without it a reply is timed when it is read.
  libc.setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS_NEW, scratch.address, 4);
  if (source !== undefined) {
    const length = writeSockaddr(scratch.bytes, family, source, 0);
    if (libc.bind(fd, scratch.address, length) !== 0) return libc.errno();
  }
  // Of a raw socket: only what comes from there.
  const length = writeSockaddr(scratch.bytes, family, address, 0);
  return libc.connect(fd, scratch.address, length) === 0 ? 0 : libc.errno();
}

function createPing(
  libc: Libc,
  fd: number,
  arena: Arena,
  { family, kind }: { readonly family: 4 | 6; readonly kind: PingSocket['kind'] },
): PingSocket {
  const request = arena.take(MESSAGE_BYTES);
  const reply = arena.take(RECEIVED_BYTES);
  const control = arena.take(CONTROL_BYTES);
  const vector = arena.take(2 * WORD);
  const message = arena.take(MSGHDR_BYTES);
  const clock = arena.take(16);
  const identifier = Math.floor(Math.random() * 0x1_0000);
  const sentAtUs = new Map<number, number>();
  // What tells these from another program's, which a raw socket hears as well.
  for (let at = HEADER_BYTES; at < MESSAGE_BYTES; at += 1)
    request.bytes[at] = Math.floor(Math.random() * 256);
  request.bytes[0] = ECHO[family].request;
  writeU16(request.bytes, 4, identifier);

  const nowUs = (): number =>
    libc.clockGettime?.(CLOCK_REALTIME, clock.address) === 0
      ? readTimespecUs(clock.words, 0)
      : Date.now() * 1_000;

  return {
    kind,
    send(sequence) {
      writeU16(request.bytes, 6, sequence);
      writeU16(request.bytes, 2, 0);
      // Of ICMPv6, and on ping sockets, the kernel writes it.
      if (family === 4) writeU16(request.bytes, 2, finishChecksum(sumBytes(request.bytes, 0, MESSAGE_BYTES)));
      sentAtUs.set(sequence, nowUs());
      if (libc.send(fd, request.address, MESSAGE_BYTES, MSG_DONTWAIT) >= 0) return 0;
      sentAtUs.delete(sequence);
      return libc.errno();
    },
    receive() {
      for (let read = 0; read < MOST_READ; read += 1) {
        writePointer(vector.words, 0, reply.address);
        writePointer(vector.words, 1, RECEIVED_BYTES);
        message.words.fill(0);
        writePointer(message.words, 2, vector.address);
        writePointer(message.words, 3, 1);
        writePointer(message.words, 4, control.address);
        writePointer(message.words, 5, CONTROL_BYTES);
        const readAtUs = nowUs();
        const length = libc.recvmsg(fd, message.address, MSG_DONTWAIT);
        if (length < 0) {
          // An ICMP error about a request is told once; the request simply has no reply.
          if (libc.errno() === EAGAIN) return undefined;
          continue;
        }
        const header = kind === 'raw' && family === 4 ? (reply.bytes[0]! & 0xf) * 4 : 0;
        const sequence = readReply(header, length);
        if (sequence === undefined) continue;
        const sent = sentAtUs.get(sequence);
        // A second copy of a reply tells nothing more.
        if (sent === undefined) continue;
        sentAtUs.delete(sequence);
        const arrivedAtUs = readArrivalUs() ?? readAtUs;
        return {
          ...{ sequence, tookUs: Math.max(0, arrivedAtUs - sent) },
          isTimedByKernel: arrivedAtUs < readAtUs,
        };
      }
      return undefined;
    },
    close() {
      libc.close(fd);
      arena.release();
    },
  };

  function readReply(at: number, length: number): number | undefined {
    const { bytes } = reply;
    if (length - at < MESSAGE_BYTES || bytes[at] !== ECHO[family].reply) return undefined;
    if (kind === 'raw' && readU16(bytes, at + 4) !== identifier) return undefined;
    for (let byte = HEADER_BYTES; byte < MESSAGE_BYTES; byte += 1)
      if (bytes[at + byte] !== request.bytes[byte]) return undefined;
    return readU16(bytes, at + 6);
  }

  function readArrivalUs(): number | undefined {
    const { words } = control;
    const length = Math.min(message.words[(5 * WORD) / 4]!, CONTROL_BYTES);
    for (let at = 0; at + CMSG_DATA_AT + 16 <= length; ) {
      const size = words[at / 4]!;
      if (size < CMSG_DATA_AT) return undefined;
      const kindAt = (at + WORD) / 4;
      if (words[kindAt] === SOL_SOCKET && words[kindAt + 1] === SO_TIMESTAMPNS_NEW)
        return readTimespecUs(words, (at + CMSG_DATA_AT) / 4);
      at += Math.ceil(size / WORD) * WORD;
    }
    return undefined;
  }
}

/** A pointer or size_t: a word of the machine. */
function writePointer(words: Int32Array, index: number, value: number): void {
  const at = (index * WORD) / 4;
  words[at] = value | 0;
  if (!is32Bit) words[at + 1] = Math.floor(value / 2 ** 32);
}

/** Two 8-byte fields, of which the lower halves hold both values until 2106 (read unsigned). */
function readTimespecUs(words: Int32Array, at: number): number {
  return (words[at]! >>> 0) * 1_000_000 + (words[at + 2]! >>> 0) / 1_000;
}

function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
