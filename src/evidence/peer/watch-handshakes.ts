import { networkInterfaces } from 'node:os';
import { parseAddress } from '../../net/addresses.ts';
import { type Libc, loadLibc } from '../../net/index.ts';
import type { PacketOrigin, PacketRing } from '../../net/packet-socket/ring.ts';
import { openHandshakeTap } from '../../net/packet-socket/tap.ts';
import { ETHER_TYPE, ETHERNET_BYTES } from '../../net/wire/ethernet.ts';
import { HeadersEnd } from '../../net/wire/headers-end.ts';
import { LINK_TYPE } from '../../net/wire/link-types.ts';
import { SNAP_BYTES } from './protocol.ts';
import type { HeaderSource, OnHeader } from './types.ts';

/** Meanwhile the kernel holds some sixteen thousand packets for us. */
const EVERY_MS = 20;

/**
 * Watches handshakes with ports of this host, at its present addresses, on every interface.
 * @throws EnvironmentError without CAP_NET_RAW
 */
export function watchHandshakes(ports: readonly number[], onHeader: OnHeader): HeaderSource {
  const addresses = listOwnAddresses().map(parseAddress);
  const endpoints = addresses.flatMap((address) => ports.map((port) => ({ address, port })));
  return new Watch(loadLibc(), endpoints, onHeader);
}

/** All addresses of this host, or of the network namespace that this thread is in; without zones. */
export function listOwnAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .map(({ address }) => address.replace(/%.*$/, ''));
}

class Watch implements HeaderSource {
  readonly interfaceName = 'any';
  readonly #ring: PacketRing;
  readonly #onHeader: OnHeader;
  readonly #timer: NodeJS.Timeout;
  readonly #frame = new Uint8Array(ETHERNET_BYTES + SNAP_BYTES);
  readonly #origin: PacketOrigin = {
    ...{ interfaceIndex: 0, hardware: 0, kind: 0, linkBytes: 0, capturedBytes: 0, wireBytes: 0 },
  };
  readonly #headers = new HeadersEnd();
  #dropped = 0;
  #isClosed = false;
  #received = 0;

  constructor(libc: Libc, endpoints: Parameters<typeof openHandshakeTap>[1], onHeader: OnHeader) {
    this.#ring = openHandshakeTap(libc, endpoints);
    this.#onHeader = onHeader;
    this.#timer = setInterval(() => this.#take(), EVERY_MS);
  }

  get dropped(): number {
    if (!this.#isClosed) this.#dropped += this.#ring.takeDropped();
    return this.#dropped;
  }

  get received(): number {
    return this.#received;
  }

  close(): void {
    if (this.#isClosed) return;
    clearInterval(this.#timer);
    this.#take();
    this.#dropped += this.#ring.takeDropped();
    this.#isClosed = true;
    this.#ring.close();
  }

  /** Takes all packets that have arrived; in a flood, a bounded number. */
  #take(): void {
    const ring = this.#ring;
    for (let left = 65_536; left > 0 && ring.receive(); left -= 1) {
      this.#received += 1;
      this.#pass();
      ring.advance();
    }
  }

  /** Passes it on with an Ethernet header, whatever its interface has: a pcapng with one interface has one link type. */
  #pass(): void {
    const ring = this.#ring;
    const [frame, origin] = [this.#frame, this.#origin];
    const { bytes, from, seconds, nanoseconds } = ring.packet;
    ring.readOrigin(origin);
    const captured = Math.min(origin.capturedBytes, SNAP_BYTES);
    if (captured <= 0) return;
    const networkAt = from + origin.linkBytes;
    frame.fill(0, 0, ETHERNET_BYTES);
    if (origin.linkBytes === ETHERNET_BYTES) frame.set(bytes.subarray(from, from + 12));
    const type = bytes[networkAt]! >>> 4 === 6 ? ETHER_TYPE.IPV6 : ETHER_TYPE.IPV4;
    frame[12] = type >>> 8;
    frame[13] = type & 0xff;
    frame.set(bytes.subarray(networkAt, networkAt + captured), ETHERNET_BYTES);
    const end = this.#headers.find(frame, 0, ETHERNET_BYTES + captured, LINK_TYPE.ETHERNET);
    if (end === 0) return;
    this.#onHeader(
      { sec: seconds, ns: nanoseconds },
      frame.subarray(0, end),
      ETHERNET_BYTES + origin.wireBytes,
    );
  }
}
