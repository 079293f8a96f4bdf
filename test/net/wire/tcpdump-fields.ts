import { formatAddress, formatMac } from '../../../src/net/addresses.ts';
import { decodeFrame } from '../../../src/net/wire/decode.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { addressBytes, createPacket, type Packet } from '../../../src/net/wire/packet.ts';
import { createTcpOptions, readTcpOptions, type TcpOptions } from '../../../src/net/wire/tcp-options.ts';

/** Fields of a frame as text; those that it does not have are missing. */
export type Fields = Record<string, string>;

/** What tcpdump -vv -S says of a frame with IP, and with -e of its link. */
export function fieldsOfLine(line: string): Fields {
  const found: Fields = {};
  const take = (pattern: RegExp, ...names: string[]) => {
    const match = pattern.exec(line);
    names.forEach((name, index) => {
      const value = match?.[index + 1];
      if (value !== undefined) found[name] = value;
    });
  };
  take(/^\S+ (\S+ > [0-9a-f:]{17}),/, 'macs');
  take(/vlan (\d+)/, 'vlan');
  take(/tos 0x0*([0-9a-f]+)/, 'class');
  take(/\bclass 0x0*([0-9a-f]+)/, 'class');
  take(
    /\bttl (\d+), id (\d+), offset (\d+), flags \[([^\]]*)\], proto \S+ \((\d+)\), length/,
    'ttl',
    'id',
    'offset',
    'fragmenting',
    'protocol',
  );
  take(/\bhlim (\d+)/, 'ttl');
  take(/frag \(0x0*([0-9a-f]+):(\d+)\|/, 'fragment', 'offset');
  take(/length:? \d+(, options \()/, 'options of IP');
  take(
    /([0-9a-f.:]+)\.(\d+) > ([0-9a-f.:]+)\.(\d+): Flags/,
    'source',
    'sourcePort',
    'destination',
    'destinationPort',
  );
  if (found['source'] === undefined) take(/\) ([0-9a-f.:]+) > ([0-9a-f.:]+): /, 'source', 'destination');
  // Behind an extension header tcpdump writes ports alone.
  take(/ (\d+) > (\d+): Flags/, 'sourcePort', 'destinationPort');
  take(/Flags \[([^\]]*)\],(?: cksum 0x[0-9a-f]+ \((\w+)\),)? seq (\d+)/, 'flags', 'checksum', 'seq');
  take(/, ack (\d+)/, 'ack');
  take(/, win (\d+)/, 'window');
  take(/win \d+,(?: urg 0,)? options \[(.*)\], length/, 'options');
  take(/win \d+,.* length (\d+)/, 'payload');
  // Newer versions write accurate ECN's flag.
  if (found['flags'] !== undefined) found['flags'] = found['flags'].replace(/^none$|e/, '') || 'none';
  if (found['options'] !== undefined) found['options'] = knownOptions(found['options']);
  return found;
}

/** Names differ between versions for what one does not know and the next does. */
function knownOptions(text: string): string {
  const names = text.split(',').filter((name) => name !== 'eol');
  return names
    .map((name) => (/^(mss|wscale|sackOK|sack|TS|nop|tfo)\b/.test(name) ? name : 'other'))
    .join(',');
}

/** The same of what was decoded. */
export function fieldsOfFrame(frame: Uint8Array, linkType: number): Fields {
  const packet = createPacket();
  const unread = decodeFrame(packet, frame, 0, frame.length, linkType);
  const found: Fields = {};
  if (linkType === LINK_TYPE.ETHERNET) {
    const macAt = (at: number) => formatMac(frame.subarray(at, at + 6));
    found['macs'] = `${macAt(packet.sourceMacAt)} > ${macAt(packet.destinationMacAt)}`;
    if (packet.vlan >= 0) found['vlan'] = String(packet.vlan);
  }
  const addressAt = (at: number) => formatAddress(frame.subarray(at, at + addressBytes(packet.version)));
  found['source'] = addressAt(packet.sourceAt);
  found['destination'] = addressAt(packet.destinationAt);
  found['ttl'] = String(packet.ttl);
  if (packet.version === 4) addIpv4(found, packet);
  else addIpv6(found, packet);
  if (unread === undefined) addTcp(found, packet, frame);
  return found;
}

function addIpv4(found: Fields, packet: Packet): void {
  found['class'] = packet.trafficClass.toString(16);
  found['id'] = String(packet.ipId);
  found['offset'] = String(packet.fragmentOffset);
  const flags = [...(packet.moreFragments ? ['+'] : []), ...(packet.dontFragment ? ['DF'] : [])];
  found['fragmenting'] = flags.join(', ') || 'none';
  found['protocol'] = String(packet.protocol);
  if (packet.headerBytes > 20) found['options of IP'] = ', options (';
}

function addIpv6(found: Fields, packet: Packet): void {
  if (packet.trafficClass !== 0) found['class'] = packet.trafficClass.toString(16);
  if (packet.ipId === -1) return;
  found['fragment'] = packet.ipId.toString(16);
  found['offset'] = String(packet.fragmentOffset);
}

function addTcp(found: Fields, packet: Packet, frame: Uint8Array): void {
  found['sourcePort'] = String(packet.sourcePort);
  found['destinationPort'] = String(packet.destinationPort);
  found['flags'] = [...'FSRP.UEW'].filter((_, bit) => (packet.flags & (1 << bit)) !== 0).join('') || 'none';
  // tcpdump sums up whole segments alone.
  if (!packet.moreFragments && packet.ipId !== 0xabcd_0123) found['checksum'] = 'correct';
  found['seq'] = String(packet.seq);
  if ((packet.flags & 0x10) !== 0) found['ack'] = String(packet.ack);
  found['window'] = String(packet.window);
  found['payload'] = String(packet.payloadBytes);
  const options = createTcpOptions();
  readTcpOptions(options, frame, packet.optionsAt, packet.optionsEnd);
  const told = options.kinds.split(',').map((kind) => nameOption(Number(kind), options, frame));
  if (packet.optionsEnd > packet.optionsAt) found['options'] = told.join(',');
}

function nameOption(kind: number, options: TcpOptions, frame: Uint8Array): string {
  switch (kind) {
    case 1:
      return 'nop';
    case 2:
      return `mss ${options.mss}`;
    case 3:
      return `wscale ${options.windowScale}`;
    case 4:
      return 'sackOK';
    case 5: {
      const edges = Array.from({ length: options.sackBlocks }, (_, block) =>
        options.sackEdges.subarray(block * 2),
      );
      return `sack ${options.sackBlocks} ${edges.map(([from, to]) => `{${from}:${to}}`).join('')}`;
    }
    case 8:
      return `TS val ${options.timestamp} ecr ${options.timestampEcho}`;
    case 34: {
      const cookie = frame.subarray(options.fastOpenAt, options.fastOpenAt + options.fastOpenBytes);
      return cookie.length === 0 ? 'tfo  cookiereq' : `tfo  cookie ${Buffer.from(cookie).toString('hex')}`;
    }
    default:
      return 'other';
  }
}
