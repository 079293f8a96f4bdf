import { createSocket } from 'node:dgram';

/**
 * A name server on 127.0.0.1:53 for a network namespace: A records of `name=address` arguments, no data of another type
 * for these, NXDOMAIN for every other name (RFC 1035 section 4.1). Says `ready` to the process that started it.
 */
const addresses = new Map(process.argv.slice(2).map((argument) => argument.split('=')));

/** Flags: a response, recursion desired and available. */
const ANSWERED = 0x8180;
const NXDOMAIN = 3;
const TYPE_A = 1;
const HEADER_BYTES = 12;

const socket = createSocket('udp4', (query, { port, address }) => {
  const labels = [];
  let at = HEADER_BYTES;
  while (query[at] > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  const question = query.subarray(HEADER_BYTES, at + 5);
  const known = addresses.get(labels.join('.').toLowerCase());
  const isAnswered = known !== undefined && query.readUInt16BE(at + 1) === TYPE_A;
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(ANSWERED | (known === undefined ? NXDOMAIN : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAnswered ? 1 : 0, 6);
  header.fill(0, 8);
  // The name is a pointer to the question's; class IN, to be kept for 60 s.
  const record = [
    0xc0,
    HEADER_BYTES,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    ...(known ?? '').split('.').map(Number),
  ];
  socket.send(Buffer.concat([header, question, Buffer.from(isAnswered ? record : [])]), port, address);
});
socket.bind(53, '127.0.0.1', () => process.send('ready'));
