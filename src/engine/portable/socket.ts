import { type OnReadOpts, Socket, type TcpSocketConnectOpts } from 'node:net';
import { createBoundSocket, isLibcAvailable, keepIcmpErrors, loadLibc } from '../../net/index.ts';
import type { SocketOptions } from '../../scenario/types.ts';
import type { Endpoint } from '../types.ts';

/** What a socket connects to, and from where. */
export interface Route {
  readonly endpoint: Endpoint;
  /** Source address to bind; undefined: the system chooses. */
  readonly source: string | undefined;
  /** Source port to bind; 0: the system chooses. */
  readonly sourcePort: number;
  readonly options: SocketOptions;
}

/** A Node socket that is not connected yet. */
export interface OpenedSocket {
  readonly socket: Socket;
  /** Its descriptor; -1 if the system exposes none. */
  readonly fd: number;
  readonly connectOptions: TcpSocketConnectOpts;
}

/** How Node delivers what it reads: into a buffer that sockets may share, consumed within the callback. */
export interface SocketSetup {
  readonly onread?: OnReadOpts;
}

/**
 * Creates a socket; if the C library is available, also sets its options and binds it, so that a missing descriptor
 * or an occupied port shows at once. Elsewhere Node creates and binds it when it connects.
 * @returns the socket, or an errno
 */
export function openSocket(route: Route, setup: SocketSetup): OpenedSocket | number {
  const { address, port, family } = route.endpoint;
  const target = { host: address, port, family };
  if (!isLibcAvailable()) {
    return {
      socket: new Socket({ ...setup, allowHalfOpen: true }),
      fd: -1,
      connectOptions: { ...target, ...describeSource(route) },
    };
  }
  const fd = createBoundSocket({
    family,
    ...(route.source === undefined ? {} : { source: route.source }),
    sourcePort: route.sourcePort,
    options: route.options,
  });
  if (fd < 0) return -fd;
  keepIcmpErrors(fd, family, true);
  return { socket: adoptDescriptor(fd, setup), fd, connectOptions: target };
}

/** `manualStart`: reading must wait until the socket is connected. */
function adoptDescriptor(fd: number, setup: SocketSetup): Socket {
  const options = { ...setup, fd, allowHalfOpen: true, manualStart: true };
  try {
    return new Socket(options);
  } catch (error) {
    loadLibc().close(fd);
    throw error;
  }
}

function describeSource({ source, sourcePort }: Route): Partial<TcpSocketConnectOpts> {
  return {
    ...(source === undefined ? {} : { localAddress: source }),
    ...(sourcePort === 0 ? {} : { localPort: sourcePort }),
  };
}
