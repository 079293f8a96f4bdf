export { Arena, type Region } from './arena.ts';
export { createMonotonicClock, type MonotonicClock } from './clock.ts';
export { dropIcmpErrors, keepIcmpErrors, readRefusal } from './icmp-errors.ts';
export { isLibcAvailable, type Libc, loadLibc } from './load.ts';
export { releaseFreedMemory } from './memory.ts';
export { sockaddrLength, writePort, writeSockaddr } from './sockaddr.ts';
export {
  type BoundSocketSpec,
  bindSource,
  createBoundSocket,
  createSocket,
  readLocalPort,
  resetOnClose,
  sendAtOnce,
  setSocketOptions,
  startConnecting,
  startKeepAlive,
  takeSocketError,
} from './socket.ts';
export {
  createTcpInfo,
  readTcpInfo,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_SYN_SENT,
  type TcpInfo,
} from './tcp-info.ts';
