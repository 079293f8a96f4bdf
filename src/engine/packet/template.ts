import { createIsnGenerator, type IsnGenerator } from '../../client/isn.ts';
import { offeredMss, offeredWindow, type SynOptions, synOptionBytes } from '../../client/syn.ts';
import { createTimestampClock, type TimestampClock } from '../../client/timestamp-clock.ts';
import type { ClientProfile } from '../../client/types.ts';
import { parseMac } from '../../net/addresses.ts';
import { FRAME_PAD } from '../../net/packet-socket/send-batch.ts';
import { ETHER_TYPE } from '../../net/wire/ethernet.ts';
import { PROTOCOL } from '../../net/wire/ip.ts';
import type { EngineArm } from '../types.ts';
import { swap } from './addresses.ts';
import { halves, sumWords, swap16 } from './checksum.ts';
import type { Device } from './device.ts';
import type { Flows } from './flows.ts';

/** Where the IP header begins in a frame's place, in words: after padding and an Ethernet header. */
export const IP_AT = 4;
export const IPV4_WORDS = 5;
const IPV6_WORDS = 10;
/** Maximum payload in a frame; the engine receives larger segments but never sends them. */
const MAX_PAYLOAD = 1_900;
const DONT_FRAGMENT = 0x0040_0000;

/** The options of a SYN as they stand in a frame. */
interface WordOptions {
  readonly words: Int32Array;
  /** Byte at which the timestamp stands; -1 without one. */
  readonly stampAt: number;
}

/** Everything that stays the same in the packets of an arm to a remote. */
export interface Template {
  readonly device: Device;
  readonly isIpv6: boolean;
  /** Ethernet and IP headers, as they stand in a frame. */
  readonly words: Int32Array;
  /** Where TCP begins, in words. */
  readonly tcpAt: number;
  /** Sums of the halves of what stays the same in the IPv4 header, and in the TCP pseudo-header. */
  readonly ipSum: number;
  readonly pseudoSum: number;
  readonly port16: number;
  /** Of the first SYN, and of one that is sent again. */
  readonly synOptions: readonly [WordOptions, WordOptions];
  readonly synWindow: number;
  readonly mss: number;
  readonly isns: IsnGenerator;
  readonly stamps: TimestampClock;
  /** What stands for addresses in the two above: the remote's, and each local one's. */
  readonly remoteWord: number;
  readonly localWords: Int32Array;
  readonly remotePort: number;
  /** The window of segments after the SYN, as the header carries it. */
  readonly window: number;
  readonly client: ClientProfile;
}

/** What differs between two runs of the same clients, so that nobody can guess their numbers. */
export interface TemplateSecrets {
  /** 8 bytes each. */
  readonly isn: Uint8Array;
  readonly stamp: Uint8Array;
}

/**
 * Lays out what stays the same in the packets of an arm to one of its endpoints.
 * @param remoteIndex of the endpoint, among the remotes of `flows`
 */
export function createTemplate(
  { packets, socket, endpoints }: EngineArm,
  endpoint: number,
  devices: readonly Device[],
  flows: Flows,
  remoteIndex: number,
  secrets: TemplateSecrets,
): Template {
  const { links } = packets!;
  const link = links[endpoint]!;
  const remote = flows.remotes[remoteIndex]!;
  const { family } = endpoints[endpoint]!;
  const isIpv6 = family === 6;
  const path = { family, mtu: link.mtu };
  const client = withMss(packets!.client, socket.mss, isIpv6);
  const tcpAt = IP_AT + (isIpv6 ? IPV6_WORDS : IPV4_WORDS);
  const bytes = new Uint8Array(4 * tcpAt);
  const view = new DataView(bytes.buffer);
  bytes.set(parseMac(link.nextHopMac), FRAME_PAD);
  bytes.set(parseMac(link.mac), FRAME_PAD + 6);
  view.setUint16(FRAME_PAD + 12, isIpv6 ? ETHER_TYPE.IPV6 : ETHER_TYPE.IPV4);
  const trafficClass = socket.tos ?? client.dscp << 2;
  const ip = 4 * IP_AT;
  if (isIpv6) {
    view.setUint32(ip, 0x6000_0000 | (trafficClass << 20));
    bytes[ip + 6] = PROTOCOL.TCP;
    bytes[ip + 7] = client.ttl;
    for (const [index, word] of remote.words.entries()) view.setUint32(ip + 24 + 4 * index, word);
  } else {
    bytes[ip] = 0x45;
    bytes[ip + 1] = trafficClass;
    bytes[ip + 8] = client.ttl;
    bytes[ip + 9] = PROTOCOL.TCP;
    view.setUint32(ip + 16, remote.words[0]!);
  }
  const words = new Int32Array(bytes.buffer);
  if (!isIpv6) words[IP_AT + 1] = DONT_FRAGMENT >>> 0;
  const remoteSum = remote.words.reduce((sum, word) => sum + halves(swap(word)), 0);
  const isns = createIsnGenerator(client.isn, secrets.isn, client.isnStepNs);
  const stamps = createTimestampClock(client, secrets.stamp);
  const scale = client.synOptions.includes('window-scale') ? client.windowScale : 0;
  const device = devices.find(({ name }) => name === link.interfaceName)!;
  return {
    device,
    isIpv6,
    words,
    tcpAt,
    ipSum: sumWords(words, IP_AT, tcpAt),
    pseudoSum: remoteSum + swap16(PROTOCOL.TCP),
    port16: swap16(remote.port),
    synOptions: [
      toWordOptions(synOptionBytes(client, path)),
      toWordOptions(synOptionBytes(client, { ...path, isResent: true })),
    ],
    synWindow: offeredWindow(client, path),
    mss: Math.min(offeredMss(client, path), MAX_PAYLOAD),
    isns,
    stamps,
    remoteWord: isns.addressWord(remote.bytes),
    localWords: Int32Array.from(flows.locals.bytes, isns.addressWord),
    remotePort: remote.port,
    window: Math.min(0xffff, client.window >> scale),
    client,
  };
}

/** `socket.mss` is the MSS in the packets themselves, whatever their family. */
function withMss(client: ClientProfile, mss: number | undefined, isIpv6: boolean): ClientProfile {
  return mss === undefined ? client : { ...client, mss: isIpv6 ? mss + 20 : mss };
}

function toWordOptions({ bytes, timestampAt }: SynOptions): WordOptions {
  return { words: new Int32Array(Uint8Array.from(bytes).buffer), stampAt: timestampAt };
}
