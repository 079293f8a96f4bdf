import { constants } from 'node:os';
import type { SocketOptions } from '../scenario/types.ts';
import { getScratch } from './arena.ts';
import {
  AF_INET,
  AF_INET6,
  IP_BIND_ADDRESS_NO_PORT,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TCLASS,
  MSG_NOSIGNAL,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_MAXSEG,
  TCP_SYNCNT,
} from './constants.ts';
import { loadLibc } from './load.ts';
import { readPort, writeSockaddr } from './sockaddr.ts';

export interface BoundSocketSpec {
  readonly family: 4 | 6;
  /** Source address to bind; absent: the system chooses. */
  readonly source?: string;
  /** Source port to bind; 0: the system chooses. */
  readonly sourcePort: number;
  readonly options: SocketOptions;
}

/**
 * Creates a non-blocking TCP socket with its options set, bound if the spec says so, not yet connected.
 * @returns the descriptor, or a negated errno; no descriptor is then left open
 */
export function createBoundSocket(spec: BoundSocketSpec): number {
  const fd = createSocket(spec.family, spec.options);
  if (fd < 0 || (spec.source === undefined && spec.sourcePort === 0)) return fd;
  const { sockaddr } = getScratch();
  const length = writeSockaddr(sockaddr.bytes, spec.family, spec.source, spec.sourcePort);
  return bindSource(fd, sockaddr.address, length, spec.sourcePort);
}

/**
 * Creates a non-blocking TCP socket with its options set.
 * @returns the descriptor, or a negated errno; no descriptor is then left open
 */
export function createSocket(family: 4 | 6, options: SocketOptions): number {
  const libc = loadLibc();
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, type, IPPROTO_TCP);
  if (fd < 0) return -libc.errno();
  return closeOnError(fd, setSocketOptions(fd, family, options));
}

/**
 * Binds a socket to a source address already in memory. With a port, SO_REUSEADDR allows binding it over its own
 * TIME_WAIT. Without one, IP_BIND_ADDRESS_NO_PORT leaves the choice to connect(), which knows the destination and so
 * has the whole port range for each.
 * @returns `fd`, or a negated errno after closing it
 */
export function bindSource(fd: number, address: number, length: number, port: number): number {
  const libc = loadLibc();
  // Kernels before 4.2 lack IP_BIND_ADDRESS_NO_PORT and choose in bind(), which only costs ports.
  if (port === 0) setInteger(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  else setInteger(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  return closeOnError(fd, libc.bind(fd, address, length) === 0 ? 0 : libc.errno());
}

/**
 * Sets an arm's socket options; call before connect(), because MSS and SYN count take effect with the SYN.
 * @returns 0, or the errno of the first option refused
 */
export function setSocketOptions(fd: number, family: 4 | 6, options: SocketOptions): number {
  const { tos, mss, synCount } = options;
  let errno = 0;
  if (tos !== undefined) {
    errno =
      family === 4 ? setInteger(fd, IPPROTO_IP, IP_TOS, tos) : setInteger(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
  }
  if (errno === 0 && mss !== undefined) errno = setInteger(fd, IPPROTO_TCP, TCP_MAXSEG, mss);
  if (errno === 0 && synCount !== undefined) errno = setInteger(fd, IPPROTO_TCP, TCP_SYNCNT, synCount);
  return errno;
}

/**
 * Starts connecting a non-blocking socket.
 * @param to its address is a literal of its family
 * @returns 0 once the SYN is on its way, or an errno
 */
export function startConnecting(
  fd: number,
  to: { readonly family: 4 | 6; readonly address: string; readonly port: number },
): number {
  const { sockaddr } = getScratch();
  const length = writeSockaddr(sockaddr.bytes, to.family, to.address, to.port);
  const libc = loadLibc();
  if (libc.connect(fd, sockaddr.address, length) === 0) return 0;
  const errno = libc.errno();
  return errno === constants.errno.EINPROGRESS ? 0 : errno;
}

/** Makes close() send an RST and leave no TIME_WAIT: SO_LINGER (1, 0), socket(7). */
export function resetOnClose(fd: number): void {
  const { value } = getScratch();
  value.words[0] = 1;
  value.words[1] = 0;
  loadLibc().setsockopt(fd, SOL_SOCKET, SO_LINGER, value.address, 8);
}

/**
 * Makes the kernel probe the far end of an idle connection, at once and then every second; after `probes` unanswered
 * probes the connection fails within another second.
 * @returns 0 or an errno
 */
export function startKeepAlive(fd: number, probes: number): number {
  return (
    setInteger(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1) ||
    setInteger(fd, IPPROTO_TCP, TCP_KEEPCNT, probes) ||
    setInteger(fd, SOL_SOCKET, SO_KEEPALIVE, 1) ||
    // Last: the kernel counts the idle time so far only on a socket that already has keep-alives
    // (tcp_sock_set_keepidle_locked() in net/ipv4/tcp.c).
    setInteger(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1)
  );
}

/** Reads SO_ERROR, which clears it: close the socket afterwards. @returns an errno, 0 if there is none */
export function takeSocketError(fd: number): number {
  const { value, length } = getScratch();
  const libc = loadLibc();
  length.words[0] = 4;
  const read = libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, value.address, length.address);
  return read === 0 ? value.words[0]! : libc.errno();
}

/**
 * Sends what the kernel takes at once, up to 16 KiB.
 * @returns how many bytes that was, or a negated errno
 */
export function sendAtOnce(fd: number, bytes: Uint8Array): number {
  const { data } = getScratch();
  const length = Math.min(bytes.length, data.bytes.length);
  data.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length));
  const libc = loadLibc();
  const sent = libc.send(fd, data.address, length, MSG_NOSIGNAL);
  return sent >= 0 ? sent : -libc.errno();
}

/** The port that a socket is bound to; 0 if it is not bound. */
export function readLocalPort(fd: number): number {
  const { sockaddr, length } = getScratch();
  length.words[0] = sockaddr.bytes.length;
  return loadLibc().getsockname(fd, sockaddr.address, length.address) === 0 ? readPort(sockaddr.bytes) : 0;
}

function setInteger(fd: number, level: number, option: number, setting: number): number {
  const { value } = getScratch();
  const libc = loadLibc();
  value.words[0] = setting;
  return libc.setsockopt(fd, level, option, value.address, 4) === 0 ? 0 : libc.errno();
}

function closeOnError(fd: number, errno: number): number {
  if (errno === 0) return fd;
  loadLibc().close(fd);
  return -errno;
}
