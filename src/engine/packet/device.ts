import type { Libc } from '../../net/index.ts';
import { bindPacketSocket, openPacketSocket } from '../../net/packet-socket/open.ts';
import { PacketRing } from '../../net/packet-socket/ring.ts';
import { SendBatch } from '../../net/packet-socket/send-batch.ts';
import type { Ticker } from '../../net/ticker.ts';
import type { LinkPath } from '../types.ts';
import type { Flows } from './flows.ts';

/** Frames for headers only: SYN-ACKs come in bursts as large as those of the SYNs. */
const SMALL_FRAME_BYTES = 256;
const SMALL_FRAMES = 16_384;

/**
 * Frames that hold a whole segment: fewer, so that they do not fill the caches. A smaller ring overflows where other programs
 * use the same address: their packets pass the filter, which knows bounds of ports only.
 */
const LARGE_FRAME_BYTES = 1_584;
const LARGE_FRAMES = 4_096;

/** An interface, and this engine's packets on it. */
export interface Device {
  readonly name: string;
  readonly ring: PacketRing;
  readonly batch: SendBatch;
}

/**
 * Opens a packet socket on each interface that the links use; it receives from then on.
 * @param readsPayload some arm expects more than handshakes
 * @throws EnvironmentError without CAP_NET_RAW, or if an interface is gone
 */
export function openDevices(
  libc: Libc,
  links: readonly LinkPath[],
  flows: Flows,
  readsPayload: boolean,
  clock: Ticker,
): Device[] {
  const devices: Device[] = [];
  try {
    for (const { interfaceName, interfaceIndex } of links) {
      if (devices.some(({ name }) => name === interfaceName)) continue;
      devices.push(openDevice(libc, interfaceName, interfaceIndex, flows, readsPayload, clock));
    }
  } catch (error) {
    for (const device of devices) closeDevice(device);
    throw error;
  }
  return devices;
}

export function closeDevice({ ring, batch }: Device): void {
  batch.close();
  ring.close();
}

function openDevice(
  libc: Libc,
  name: string,
  interfaceIndex: number,
  flows: Flows,
  readsPayload: boolean,
  clock: Ticker,
): Device {
  const fd = openPacketSocket(libc, filterOf(flows));
  const ring = readsPayload
    ? new PacketRing(libc, fd, LARGE_FRAME_BYTES, LARGE_FRAMES)
    : new PacketRing(libc, fd, SMALL_FRAME_BYTES, SMALL_FRAMES);
  try {
    bindPacketSocket(libc, fd, interfaceIndex);
  } catch (error) {
    ring.close();
    throw error;
  }
  return { name, ring, batch: new SendBatch(libc, fd, clock) };
}

/** Bounds of the engine's addresses: the kernel need not know each, because the engine looks every packet up. */
function filterOf(flows: Flows): Parameters<typeof openPacketSocket>[1] {
  const four = flows.locals.words.flatMap((words) => (words.length === 1 ? [words[0]!] : []));
  const six = flows.locals.words.filter((words) => words.length === 4);
  return {
    ...(four.length === 0 ? {} : { ipv4: { from: Math.min(...four), to: Math.max(...four) } }),
    ...(six.length === 0 ? {} : { ipv6: commonNetwork(six) }),
    ports: { from: flows.lowestPort, to: flows.highestPort },
  };
}

/** The smallest network that holds all of these addresses. */
function commonNetwork(addresses: readonly (readonly number[])[]): { words: number[]; masks: number[] } {
  const words = [...addresses[0]!];
  const masks = [0, 0, 0, 0];
  for (let index = 0; index < 4; index += 1) {
    let differing = 0;
    for (const address of addresses) differing |= address[index]! ^ words[index]!;
    const same = Math.clz32(differing);
    masks[index] = same === 0 ? 0 : same === 32 ? 0xffff_ffff : (0xffff_ffff << (32 - same)) >>> 0;
    if (same < 32) break;
  }
  return { words, masks };
}
