import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DelayQueue } from '../delay-queue.ts';
import { completeChecksum } from './complete-checksum.ts';
import { DELAY_LINE_READY, type DelayLineOptions } from './protocol.ts';

/**
 * A long cable: forwards the datagrams of a tunnel from one side to the other, each after the same delay. Runs until it
 * is killed. Its one argument is {@link DelayLineOptions} as JSON.
 */
const { oneWayMs, port, sides } = JSON.parse(process.argv[2] ?? '') as DelayLineOptions;

/** A burst of a full window from every connection must fit, or the cable would lose packets. */
const BUFFER_BYTES = 8 * 1_048_576;

async function open(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4' });
  // The peer may not exist yet: not a reason to exit.
  socket.on('error', () => {});
  socket.bind(port, address);
  await once(socket, 'listening');
  socket.setRecvBufferSize(BUFFER_BYTES);
  socket.setSendBufferSize(BUFFER_BYTES);
  return socket;
}

const [near, far] = await Promise.all([open(sides[0].local), open(sides[1].local)]);
carry(near, far, sides[1].peer);
carry(far, near, sides[0].peer);
process.stdout.write(`${DELAY_LINE_READY}\n`);

function carry(from: Socket, to: Socket, peer: string): void {
  const queue = new DelayQueue();
  from.on('message', (datagram) => {
    completeChecksum(datagram);
    queue.push(oneWayMs, () => to.send(datagram, port, peer));
  });
}
