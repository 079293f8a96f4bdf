import { expect, it } from 'vitest';
import { NO_OPTIONS, readOptions } from '../../../src/evidence/handshakes/read-options.ts';
import { decodeFrame } from '../../../src/net/wire/decode.ts';
import { PROTOCOL, writeIpv4 } from '../../../src/net/wire/ip.ts';
import { LINK_TYPE } from '../../../src/net/wire/link-types.ts';
import { createPacket, SYN } from '../../../src/net/wire/packet.ts';
import { tcpBytes, writeTcp } from '../../../src/net/wire/tcp.ts';

const CLIENT = Uint8Array.of(192, 0, 2, 1);
const SERVER = Uint8Array.of(192, 0, 2, 2);

function optionsOf(options: Uint8Array) {
  const segment = { sourcePort: 1, destinationPort: 2, seq: 3, ack: 0, flags: SYN, window: 4, options };
  const bytes = new Uint8Array(128);
  const header = { source: CLIENT, destination: SERVER, protocol: PROTOCOL.TCP };
  const at = writeIpv4(bytes, 0, {
    ...header,
    ttl: 64,
    trafficClass: 0,
    id: 0,
    payloadBytes: tcpBytes(segment),
  });
  const end = writeTcp(bytes, at, segment, CLIENT, SERVER);
  const packet = createPacket();
  expect(decodeFrame(packet, bytes, 0, end, LINK_TYPE.RAW)).toBeUndefined();
  return readOptions(bytes, packet);
}

it('keeps what a SYN offers, and the order in which it does', () => {
  const linux = Uint8Array.of(2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7);
  expect(optionsOf(linux)).toEqual({
    ...{ mss: 1_460, windowScale: 7, sackPermitted: true, timestamp: 256, timestampEcho: 0 },
    kinds: '2,4,8,1,3',
  });
});

it('says that there are none', () => {
  expect(optionsOf(Uint8Array.of())).toEqual(NO_OPTIONS);
});
