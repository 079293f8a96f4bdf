import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { Arena, isLibcAvailable, type Libc, loadLibc } from '../../libc/index.ts';
import {
  IO_URING_OP_SUPPORTED,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_POLL_ADD,
  IORING_REGISTER_PROBE,
  PROBE_HEAD_BYTES,
  PROBE_OP_BYTES,
  SYS_IO_URING_REGISTER,
} from '../../libc/io-uring.ts';
import { RING_ARENA_BYTES, Ring } from './ring.ts';
import { RingError } from './ring-error.ts';

/** Highest operation number asked about, plus one; the kernel takes at most 256. */
const PROBED = 64;
const PROBE_BYTES = PROBE_HEAD_BYTES + PROBED * PROBE_OP_BYTES;

/** What the reactor asks of the ring. */
const NEEDED = { POLL_ADD: IORING_OP_POLL_ADD, ASYNC_CANCEL: IORING_OP_ASYNC_CANCEL };

/** kernel.io_uring_disabled, Documentation/admin-guide/sysctl/kernel.rst: 0 all may, 1 a group may, 2 nobody may. */
const DISABLED_SYSCTL = '/proc/sys/kernel/io_uring_disabled';

/** Sets a ring up as the reactor would, and ends it again. @returns why there is none, undefined where there is */
export function whyNoUring(): string | undefined {
  if (!isLibcAvailable()) return 'the C library cannot be called';
  const libc = loadLibc();
  const arena = new Arena(libc, RING_ARENA_BYTES + PROBE_BYTES + 64);
  let ring: Ring | undefined;
  try {
    ring = new Ring(libc, arena, 8, 16);
    const missing = listMissing(libc, arena, ring.fd);
    return missing.length === 0 ? undefined : `the kernel lacks ${missing.join(', ')}`;
  } catch (error) {
    if (error instanceof RingError) return explainRefusal(error);
    throw error;
  } finally {
    ring?.close();
    arena.release();
  }
}

/** In words, what a ring that was refused lacked. */
export function explainRefusal({ call, errno }: RingError): string {
  const { EPERM, EACCES, ENOSYS, EINVAL, ENOMEM, EMFILE, ENFILE } = constants.errno;
  switch (errno) {
    case ENOSYS:
      return 'the kernel has no io_uring, or one that is too old';
    case EINVAL:
      return 'the kernel is older than 6.1';
    case EPERM:
    case EACCES:
      return explainForbidden();
    case ENOMEM:
      return 'the memory that may be locked is used up (ulimit -l), or all memory is';
    case EMFILE:
    case ENFILE:
      return 'there is no descriptor left (ulimit -n)';
    default:
      return `${call} failed (errno ${errno})`;
  }
}

function explainForbidden(): string {
  const setting = readDisabled();
  if (setting === '1' || setting === '2') return `kernel.io_uring_disabled is ${setting}`;
  return 'a filter of system calls forbids it, as those of containers do (seccomp)';
}

function readDisabled(): string | undefined {
  try {
    return readFileSync(DISABLED_SYSCTL, 'utf8').trim();
  } catch {
    // Linux before 6.6 has no such setting.
    return undefined;
  }
}

function listMissing(libc: Libc, arena: Arena, ringFd: number): string[] {
  const { bytes, address } = arena.take(PROBE_BYTES);
  if (libc.syscall(SYS_IO_URING_REGISTER, ringFd, IORING_REGISTER_PROBE, address, PROBED, 0, 0) < 0) {
    throw new RingError('io_uring_register(PROBE)', libc.errno());
  }
  return Object.entries(NEEDED).flatMap(([name, operation]) => {
    const flags = bytes[PROBE_HEAD_BYTES + operation * PROBE_OP_BYTES + 2]!;
    return (flags & IO_URING_OP_SUPPORTED) === 0 ? [name] : [];
  });
}
