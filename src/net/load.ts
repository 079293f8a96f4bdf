import { createRequire } from 'node:module';
import { EnvironmentError } from '../errors.ts';
import { leaveBy } from '../leave.ts';
import { formatAdding } from '../optional.ts';
import type { Koffi, Library } from './koffi.ts';

/**
 * The C library calls that we use. Pointers are Numbers (48 ns per call against 100-125 ns for a `void *` with a
 * Buffer): user-space addresses stay below 2^53 on every architecture. All return -1 on failure and leave the reason
 * in `errno()`.
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  listen(fd: number, backlog: number): number;
  /** @param addressAt, lengthAt 0: the peer address is not needed */
  accept4(fd: number, addressAt: number, lengthAt: number, flags: number): number;
  connect(fd: number, address: number, length: number): number;
  bind(fd: number, address: number, length: number): number;
  getsockname(fd: number, address: number, lengthAt: number): number;
  getsockopt(fd: number, level: number, option: number, valueAt: number, lengthAt: number): number;
  setsockopt(fd: number, level: number, option: number, valueAt: number, length: number): number;
  send(fd: number, from: number, length: number, flags: number): number;
  recv(fd: number, into: number, length: number, flags: number): number;
  recvmsg(fd: number, messageAt: number, flags: number): number;
  /** @param messagesAt struct mmsghdr of sendmmsg(2), `count` of them */
  sendmmsg(fd: number, messagesAt: number, count: number, flags: number): number;
  close(fd: number): number;
  epollCreate(flags: number): number;
  epollCtl(epollFd: number, operation: number, fd: number, eventAt: number): number;
  epollWait(epollFd: number, eventsAt: number, maxEvents: number, timeoutMs: number): number;
  /** Absent if the C library lacks it (glibc before 2.35). */
  readonly epollPwait2?: (
    epollFd: number,
    eventsAt: number,
    maxEvents: number,
    timespecAt: number,
    signalMaskAt: number,
    signalMaskLength: number,
  ) => number;
  /** @param pollfdsAt struct pollfd of poll(2), `count` of them */
  poll(pollfdsAt: number, count: number, timeoutMs: number): number;
  /** Absent if the C library lacks a version with 8-byte fields (32-bit glibc before 2.34). */
  readonly ppoll?: (pollfdsAt: number, count: number, timespecAt: number, signalMask: number) => number;
  mmap(at: number, length: number, protection: number, flags: number, fd: number, offset: number): number;
  munmap(address: number, length: number): number;
  prctl(option: number, argument: number): number;
  /** Moves the calling thread alone. @param fd of a namespace, setns(2) @param kind CLONE_NEWNET or 0 */
  setns(fd: number, kind: number): number;
  /** _exit(2): ends the process, whatever its other threads are doing. */
  exit(code: number): void;
  /** malloc_trim(3), glibc only. */
  readonly mallocTrim?: (keepBytes: number) => number;
  /** Absent if the C library lacks a version with 8-byte fields (32-bit glibc before 2.34). */
  readonly clockGettime?: (clock: number, timespecAt: number) => number;
  /** Why this thread's last call failed. Read it before any other call. */
  errno(): number;
  /** The memory at an address. It must stay mapped for as long as the buffer is used. */
  viewMemory(address: number, length: number): ArrayBuffer;
}

let loaded: Libc | undefined;

/**
 * Binds the C library, once per thread (errno is per thread).
 * @throws EnvironmentError if this is not Linux, or koffi has no binary for this machine
 */
export function loadLibc(): Libc {
  if (loaded === undefined) {
    loaded = bindLibc(requireKoffi());
    leaveBy(loaded.exit);
  }
  return loaded;
}

let available: boolean | undefined;

/** Whether {@link loadLibc} works here. Checked once: the portable engine asks for every socket. */
export function isLibcAvailable(): boolean {
  available ??= canLoadLibc();
  return available;
}

function canLoadLibc(): boolean {
  try {
    loadLibc();
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError) return false;
    throw error;
  }
}

function requireKoffi(): Koffi {
  const hint = 'Use --engine portable: it needs Node alone, and tells stalls by time.';
  if (process.platform !== 'linux') {
    throw new EnvironmentError(`The raw engine needs Linux; this is ${process.platform}.`, { hint });
  }
  try {
    return createRequire(import.meta.url)('koffi');
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}`;
    throw new EnvironmentError(`The raw engine needs koffi, which did not load on ${machine}.`, {
      hint: `Add it: ${formatAdding({ names: ['koffi'] })}. Or: ${hint}`,
      cause,
    });
  }
}

function bindLibc(koffi: Koffi): Libc {
  // The process itself: Node links the C library, whether glibc or musl.
  const library = koffi.load(null);
  const errnoAt = library.func<() => number>('__errno_location', 'uintptr_t', [])();
  const errnoCell = new Int32Array(koffi.view(errnoAt, 4));
  const address = 'uintptr_t';
  const epollPwait2 = bindEpollPwait2(library);
  const ppoll = bindPpoll(library);
  const clockGettime = bindClockGettime(library);
  const mallocTrim = bindMallocTrim(library);

  return {
    socket: library.func('socket', 'int', ['int', 'int', 'int']),
    listen: library.func('listen', 'int', ['int', 'int']),
    accept4: library.func('accept4', 'int', ['int', address, address, 'int']),
    connect: library.func('connect', 'int', ['int', address, 'uint32_t']),
    bind: library.func('bind', 'int', ['int', address, 'uint32_t']),
    getsockname: library.func('getsockname', 'int', ['int', address, address]),
    getsockopt: library.func('getsockopt', 'int', ['int', 'int', 'int', address, address]),
    setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', address, 'uint32_t']),
    send: library.func('send', 'long', ['int', address, 'size_t', 'int']),
    recv: library.func('recv', 'long', ['int', address, 'size_t', 'int']),
    recvmsg: library.func('recvmsg', 'long', ['int', address, 'int']),
    sendmmsg: library.func('sendmmsg', 'int', ['int', address, 'uint32_t', 'int']),
    close: library.func('close', 'int', ['int']),
    epollCreate: library.func('epoll_create1', 'int', ['int']),
    epollCtl: library.func('epoll_ctl', 'int', ['int', 'int', 'int', address]),
    epollWait: library.func('epoll_wait', 'int', ['int', address, 'int', 'int']),
    ...(epollPwait2 === undefined ? {} : { epollPwait2 }),
    poll: library.func('poll', 'int', [address, 'unsigned long', 'int']),
    ...(ppoll === undefined ? {} : { ppoll }),
    ...(clockGettime === undefined ? {} : { clockGettime }),
    mmap: bindMmap(library),
    munmap: library.func('munmap', 'int', [address, 'size_t']),
    prctl: library.func('prctl', 'int', ['int', 'unsigned long']),
    setns: library.func('setns', 'int', ['int', 'int']),
    exit: library.func('_exit', 'void', ['int']),
    ...(mallocTrim === undefined ? {} : { mallocTrim }),
    errno: () => errnoCell[0]!,
    viewMemory: (at, length) => koffi.view(at, length),
  };
}

/** mmap() fails with the highest possible address, which koffi returns as a BigInt where pointers have 64 bits. */
function bindMmap(library: Library): Libc['mmap'] {
  const mmap = library.func<(...args: Parameters<Libc['mmap']>) => number | bigint>('mmap', 'uintptr_t', [
    'uintptr_t',
    'size_t',
    'int',
    'int',
    'int',
    'long',
  ]);
  return (...args) => {
    const address = mmap(...args);
    return typeof address === 'bigint' || address === 0xffff_ffff ? -1 : address;
  };
}

const is32Bit = process.arch === 'arm' || process.arch === 'ia32';

/**
 * On 32-bit machines the plain symbol takes a 32-bit timespec in glibc and a 64-bit one in musl; only the explicit
 * 64-bit symbol is used, so that the layout (two 8-byte fields) is the same everywhere.
 */
function bindEpollPwait2(library: Library): Libc['epollPwait2'] {
  const symbol = is32Bit ? '__epoll_pwait2_time64' : 'epoll_pwait2';
  try {
    return library.func<NonNullable<Libc['epollPwait2']>>(symbol, 'int', [
      'int',
      'uintptr_t',
      'int',
      'uintptr_t',
      'uintptr_t',
      'size_t',
    ]);
  } catch {
    return undefined;
  }
}

/** With the same two fields; the symbol is glibc's, because 32-bit musl machines are not supported. */
function bindPpoll(library: Library): Libc['ppoll'] {
  try {
    const symbol = is32Bit ? '__ppoll64' : 'ppoll';
    return library.func<NonNullable<Libc['ppoll']>>(symbol, 'int', [
      'uintptr_t',
      'unsigned long',
      'uintptr_t',
      'uintptr_t',
    ]);
  } catch {
    return undefined;
  }
}

/** With the same two fields. */
function bindClockGettime(library: Library): Libc['clockGettime'] {
  try {
    return library.func<NonNullable<Libc['clockGettime']>>(
      is32Bit ? '__clock_gettime64' : 'clock_gettime',
      'int',
      ['int', 'uintptr_t'],
    );
  } catch {
    return undefined;
  }
}

function bindMallocTrim(library: Library): Libc['mallocTrim'] {
  try {
    return library.func<NonNullable<Libc['mallocTrim']>>('malloc_trim', 'int', ['size_t']);
  } catch {
    return undefined;
  }
}
