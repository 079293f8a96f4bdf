import { parseAddress } from '../../src/net/addresses.ts';
import { ETHER_TYPE, writeEthernet } from '../../src/net/wire/ethernet.ts';
import { PROTOCOL, writeIpv4, writeIpv6 } from '../../src/net/wire/ip.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../src/net/wire/packet.ts';
import { tcpBytes, writeTcp } from '../../src/net/wire/tcp.ts';

const FLAGS: Readonly<Record<string, number>> = { S: SYN, A: ACK, F: FIN, R: RST, P: PSH };

/** As Linux has it. */
const SYN_OPTIONS = Uint8Array.of(2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7);

export interface Sent {
  /** `10.0.0.1:4000` or `[2001:db8::1]:4000`. */
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
  /** Of `SAFRP`. */
  readonly flags: string;
  readonly seq: number;
  readonly ack?: number;
  readonly payload?: string | Uint8Array;
  /** Default: Linux's, of a SYN and a SYN-ACK. */
  readonly options?: Uint8Array;
  /** Default: a new one each. */
  readonly ipId?: number;
  readonly ttl?: number;
  readonly window?: number;
  readonly trafficClass?: number;
}

export interface Framed {
  readonly atUs: number;
  /** Ethernet. */
  readonly frame: Uint8Array;
}

let nextId = 1;

/** An Ethernet frame of a TCP segment. */
export function frameOf(sent: Sent): Framed {
  const [from, to] = [split(sent.from), split(sent.to)];
  const payload = typeof sent.payload === 'string' ? Buffer.from(sent.payload, 'latin1') : sent.payload;
  const segment = {
    ...{ sourcePort: from.port, destinationPort: to.port, seq: sent.seq >>> 0, ack: (sent.ack ?? 0) >>> 0 },
    flags: [...sent.flags].reduce((sum, letter) => sum | FLAGS[letter]!, 0),
    window: sent.window ?? 64_240,
    options: sent.options ?? (sent.flags.includes('S') ? SYN_OPTIONS : new Uint8Array()),
    payload: payload ?? new Uint8Array(),
  };
  return framed(sent.atMs, from.address, to.address, PROTOCOL.TCP, tcpBytes(segment), sent, (into, at) =>
    writeTcp(into, at, segment, from.address, to.address),
  );
}

/** ICMP's unreachable from a router about a packet that was sent. */
export function unreachableFrame(router: string, code: number, about: Framed, atMs: number): Framed {
  const quoted = about.frame.subarray(14, 14 + 28);
  const client = quoted.subarray(12, 16);
  return framed(atMs, parseAddress(router), client, PROTOCOL.ICMP, 8 + quoted.length, {}, (into, at) => {
    into.set([3, code, 0, 0, 0, 0, 0, 0], at);
    into.set(quoted, at + 8);
    return at + 8 + quoted.length;
  });
}

function framed(
  atMs: number,
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  payloadBytes: number,
  { ttl = 64, ipId, trafficClass = 0 }: Pick<Sent, 'ttl' | 'ipId' | 'trafficClass'>,
  write: (into: Uint8Array, at: number) => number,
): Framed {
  const into = new Uint8Array(14 + 40 + payloadBytes);
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  nextId = (nextId % 65_535) + 1;
  const isIpv4 = source.length === 4;
  let at = writeEthernet(into, mac, mac, isIpv4 ? ETHER_TYPE.IPV4 : ETHER_TYPE.IPV6);
  const common = { source, destination, payloadBytes, trafficClass };
  at = isIpv4
    ? writeIpv4(into, at, { ...common, protocol, ttl, id: ipId ?? nextId })
    : writeIpv6(into, at, { ...common, nextHeader: protocol, hopLimit: ttl });
  return { atUs: atMs * 1_000, frame: into.subarray(0, write(into, at)) };
}

function split(text: string): { address: Uint8Array; port: number } {
  const at = text.lastIndexOf(':');
  const address = parseAddress(text.slice(0, at).replace(/[[\]]/g, ''));
  return { address, port: Number(text.slice(at + 1)) };
}

export interface Exchange {
  readonly client: string;
  readonly server: string;
  readonly startMs?: number;
  readonly isn?: number;
  readonly serverIsn?: number;
  readonly rttMs?: number;
}

/** A whole short connection that the server closes first, as the client's side captures it. */
export function wholeConnection(exchange: Exchange): Framed[] {
  const { client, server, startMs = 0, isn = 1_000, serverIsn = 9_000, rttMs = 2 } = exchange;
  const up = { from: client, to: server };
  const down = { from: server, to: client };
  const at = (ms: number) => ({ atMs: startMs + ms });
  return [
    { ...up, ...at(0), flags: 'S', seq: isn },
    { ...down, ...at(rttMs), flags: 'SA', seq: serverIsn, ack: isn + 1 },
    { ...up, ...at(rttMs + 0.1), flags: 'A', seq: isn + 1, ack: serverIsn + 1 },
    {
      ...up,
      ...at(rttMs + 0.2),
      flags: 'PA',
      seq: isn + 1,
      ack: serverIsn + 1,
      payload: 'GET / HTTP/1.1\r\n',
    },
    {
      ...down,
      ...at(2 * rttMs + 0.2),
      flags: 'PA',
      seq: serverIsn + 1,
      ack: isn + 17,
      payload: 'HTTP/1.1 200\r\n',
    },
    { ...down, ...at(2 * rttMs + 0.3), flags: 'FA', seq: serverIsn + 15, ack: isn + 17 },
    { ...up, ...at(2 * rttMs + 0.4), flags: 'FA', seq: isn + 17, ack: serverIsn + 16 },
    { ...down, ...at(3 * rttMs + 0.4), flags: 'A', seq: serverIsn + 16, ack: isn + 18 },
  ].map(frameOf);
}
