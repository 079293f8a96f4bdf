/**
 * Writes a pcap of short connections to a proxy, headers alone as tcpdump -s 96 keeps them: node bench/make-capture.mjs FILE MEGABYTES.
 * Three hundred clients, a connection every 200 us; of every twentieth the SYN is lost and sent again.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SYN = 2;
const ACK = 16;
const PSH = 8;
const FIN = 1;

/** What a connection sends: microseconds since its start, whether the client does, flags, sequence and acknowledgement, payload. */
const HEALTHY = [
  [0, true, SYN, 0, 0, 0],
  [900, false, SYN | ACK, 0, 1, 0],
  [1_000, true, ACK, 1, 1, 0],
  [1_100, true, ACK | PSH, 1, 1, 300],
  [2_000, false, ACK, 1, 301, 0],
  [3_000, false, ACK | PSH, 1, 301, 1_200],
  [3_100, true, ACK, 301, 1_201, 0],
  [3_200, false, ACK | FIN, 1_201, 301, 0],
  [3_300, true, ACK | FIN, 301, 1_202, 0],
  [4_200, false, ACK, 1_202, 302, 0],
];
const STALLED = [HEALTHY[0], ...HEALTHY.map(([atUs, ...rest]) => [atUs + 1_000_000, ...rest])];

const EVERY_US = 200;
const STALLS_ONE_IN = 20;
const CLIENTS = 300;
const PORTS = 28_000;
const OPTIONS = Buffer.from([2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7]);
const NOPS = Buffer.from([1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0]);

/** @param {number} bytes at least so many @returns {number} packets written */
export function makeCapture(path, bytes) {
  const file = openSync(path, 'w');
  const head = Buffer.alloc(24);
  [0xa1b2_c3d4, 0x0004_0002, 0, 0, 96, 1].forEach((word, index) => void head.writeUInt32LE(word, index * 4));
  const buffer = Buffer.alloc(1 << 20);
  let [used, written, packets] = [head.copy(buffer), 0, 0];
  const flush = () => {
    writeSync(file, buffer, 0, used);
    written += used;
    used = 0;
  };
  /** What is yet to be sent, by its time: stalled ones are a second late. */
  const late = [];
  const put = (atUs, connection, [, isClient, flags, seq, ack, payload]) => {
    if (used > buffer.length - 200) flush();
    used += writePacket(buffer, used, { atUs, connection, isClient, flags, seq, ack, payload });
    packets += 1;
  };
  for (let connection = 0; written + used < bytes; connection += 1) {
    const startUs = connection * EVERY_US;
    while (late.length > 0 && late[0].atUs <= startUs) {
      const { atUs, connection: its, packet } = late.shift();
      put(atUs, its, packet);
    }
    const isStalled = connection % STALLS_ONE_IN === 0;
    for (const packet of isStalled ? STALLED : HEALTHY) {
      const atUs = startUs + packet[0];
      if (isStalled && packet !== STALLED[0]) late.push({ atUs, connection, packet });
      else put(atUs, connection, packet);
    }
  }
  flush();
  closeSync(file);
  return packets;
}

function writePacket(into, at, { atUs, connection, isClient, flags, seq, ack, payload }) {
  const options = (flags & SYN) === 0 ? NOPS : OPTIONS;
  const headers = 14 + 20 + 20 + options.length;
  into.writeUInt32LE(1_700_000_000 + Math.floor(atUs / 1e6), at);
  into.writeUInt32LE(atUs % 1e6, at + 4);
  const captured = Math.min(96, headers + payload);
  into.writeUInt32LE(captured, at + 8);
  into.writeUInt32LE(headers + payload, at + 12);
  into.fill(0, at + 16, at + 16 + captured);
  const ip = at + 16 + 14;
  into.writeUInt16BE(0x0800, ip - 2);
  into[ip] = 0x45;
  into.writeUInt16BE(headers - 14 + payload, ip + 2);
  into.writeUInt16BE((connection * 11 + seq + ack + flags) & 0xffff, ip + 4);
  into[ip + 8] = 64;
  into[ip + 9] = 6;
  const client = connection % CLIENTS;
  const clientAt = isClient ? ip + 12 : ip + 16;
  into.writeUInt32BE(0x0a4d_0000 + 256 + client, clientAt);
  into.writeUInt32BE(0x0a4e_0002, isClient ? ip + 16 : ip + 12);
  const tcp = ip + 20;
  const clientPort = 32_000 + (Math.floor(connection / CLIENTS) % PORTS);
  into.writeUInt16BE(isClient ? clientPort : 3_128, tcp);
  into.writeUInt16BE(isClient ? 3_128 : clientPort, tcp + 2);
  const [isn, serverIsn] = [connection * 64_000 + 7, connection * 64_000 + 9];
  into.writeUInt32BE(((isClient ? isn : serverIsn) + seq) >>> 0, tcp + 4);
  into.writeUInt32BE((flags & ACK) === 0 ? 0 : ((isClient ? serverIsn : isn) + ack) >>> 0, tcp + 8);
  into[tcp + 12] = ((20 + options.length) / 4) << 4;
  into[tcp + 13] = flags;
  into.writeUInt16BE(64_240, tcp + 14);
  options.copy(into, tcp + 20);
  return 16 + captured;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , path, megabytes] = process.argv;
  console.log(`${makeCapture(path, Number(megabytes) * 1e6)} packets`);
}
