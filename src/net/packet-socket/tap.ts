import { EnvironmentError } from '../../errors.ts';
import { AF_PACKET, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW } from '../constants.ts';
import type { Libc } from '../load.ts';
import { compileHandshakeFilter, type FilterEndpoint } from './handshake-filter.ts';
import { attachFilter, bindPacketSocket } from './open.ts';
import { PacketRing } from './ring.ts';

/** A frame: what the kernel writes before a packet, and more than is captured of it. */
const FRAME_BYTES = 256;
/** 4 MiB: a sixth of a second at 100,000 packets a second. */
const FRAMES = 16_384;

const EVERY_INTERFACE = 0;

/**
 * Listens on every interface to the handshakes with some endpoints, others' traffic untouched: headers alone are copied.
 * @throws EnvironmentError without CAP_NET_RAW, or if the kernel refuses
 */
export function openHandshakeTap(libc: Libc, endpoints: readonly FilterEndpoint[]): PacketRing {
  const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw refusal('a packet socket', libc.errno());
  const errno = attachFilter(libc, fd, compileHandshakeFilter(endpoints));
  if (errno !== 0) {
    libc.close(fd);
    throw refusal('a packet filter', errno);
  }
  // Closes the socket if it fails.
  const ring = new PacketRing(libc, fd, FRAME_BYTES, FRAMES);
  try {
    bindPacketSocket(libc, fd, EVERY_INTERFACE);
  } catch (error) {
    ring.close();
    throw error;
  }
  return ring;
}

function refusal(what: string, errno: number): EnvironmentError {
  return new EnvironmentError(`The kernel refused ${what} (errno ${errno}).`, {
    hint: 'Run it with sudo. A run also works without packets: --capture off',
  });
}
