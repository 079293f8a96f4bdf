import { constants } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { Arena } from '../arena.ts';
import {
  AF_PACKET,
  ETH_P_ALL,
  PACKET_IGNORE_OUTGOING,
  SO_ATTACH_FILTER,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
} from '../constants.ts';
import type { Libc } from '../load.ts';
import { compileFilter, type FilterSpec } from './filter.ts';
import { INSTRUCTION_BYTES } from './filter-program.ts';

/** sizeof(struct sockaddr_ll), packet(7). */
const SOCKADDR_LL_BYTES = 20;

/** Room for what a slow device has not sent yet. */
const SEND_BUFFER_BYTES = 4 * 1_024 * 1_024;

/**
 * Opens a packet socket that receives nothing yet: its filter is in place before {@link bindPacketSocket}, so that no
 * foreign packet is ever queued.
 * @throws EnvironmentError without CAP_NET_RAW
 */
export function openPacketSocket(libc: Libc, filter: FilterSpec): number {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw refusal(libc.errno());
  const arena = new Arena(libc, 4_096);
  try {
    const errno = attachFilter(libc, fd, compileFilter(filter));
    if (errno !== 0) {
      throw new EnvironmentError(`The kernel refused a packet filter (errno ${errno}).`, {
        hint: 'Use --engine raw.',
      });
    }
    // Not critical: an old kernel (before 4.20) shows our own packets too, which the engine then ignores.
    setNumber(libc, fd, arena, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    if (!setNumber(libc, fd, arena, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER_BYTES))
      setNumber(libc, fd, arena, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
  } catch (error) {
    libc.close(fd);
    throw error;
  } finally {
    arena.release();
  }
  return fd;
}

/** Starts to receive what passes an interface. @throws EnvironmentError if the interface is gone or down */
export function bindPacketSocket(libc: Libc, fd: number, interfaceIndex: number): void {
  const arena = new Arena(libc, 64);
  const { bytes, address } = arena.take(SOCKADDR_LL_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ETH_P_ALL, false);
  view.setInt32(4, interfaceIndex, true);
  const errno = libc.bind(fd, address, SOCKADDR_LL_BYTES) === 0 ? 0 : libc.errno();
  arena.release();
  if (errno === 0) return;
  throw new EnvironmentError(`The network interface cannot be used for packets (errno ${errno}).`, {
    hint: 'Check that it exists and is up: ip link',
  });
}

/** Sets an integer option through memory. */
export function setNumber(
  libc: Libc,
  fd: number,
  arena: Arena,
  level: number,
  option: number,
  value: number,
): boolean {
  const at = arena.take(4);
  at.words[0] = value;
  return libc.setsockopt(fd, level, option, at.address, 4) === 0;
}

/**
 * Lets a packet socket receive what a program accepts: struct sock_fprog is a 16-bit length, then a pointer aligned as
 * pointers are. The kernel copies both.
 * @param program struct sock_filter, one after the other
 * @returns 0 or an errno
 */
export function attachFilter(libc: Libc, fd: number, program: Uint8Array): number {
  const arena = new Arena(libc, program.length + 64);
  const at = arena.take(program.length);
  at.bytes.set(program);
  const is32Bit = process.arch === 'arm' || process.arch === 'ia32';
  const fprog = arena.take(16);
  fprog.words[0] = program.length / INSTRUCTION_BYTES;
  const pointerAt = is32Bit ? 1 : 2;
  fprog.words[pointerAt] = at.address | 0;
  if (!is32Bit) fprog.words[pointerAt + 1] = Math.floor(at.address / 2 ** 32);
  const result = libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog.address, is32Bit ? 8 : 16);
  const errno = result === 0 ? 0 : libc.errno();
  arena.release();
  return errno;
}

function refusal(errno: number): EnvironmentError {
  const isDenied = errno === constants.errno.EPERM || errno === constants.errno.EACCES;
  return new EnvironmentError(
    isDenied
      ? 'The packet engine needs the capability CAP_NET_RAW, which this process does not have.'
      : `No packet socket could be opened (errno ${errno}).`,
    {
      hint: isDenied ? 'Run it with sudo, or use --engine raw.' : 'Use --engine raw.',
    },
  );
}
