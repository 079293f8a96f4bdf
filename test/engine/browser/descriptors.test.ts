import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { constants } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DescriptorSockets } from '../../../src/engine/browser/sockets/descriptors.ts';
import type { BrowserSocket } from '../../../src/engine/browser/sockets/types.ts';
import { endpointOf } from '../../support/arms.ts';

const clock = (): number => performance.now() * 1_000;

/** Sockets, which a test drives itself. */
function open(maxOpen = 10) {
  const sockets = new DescriptorSockets(clock, maxOpen);
  const opened: BrowserSocket[] = [];
  onTestFinished(() => {
    for (const socket of opened) socket.close();
    sockets.close();
  });
  /** Waits, in turns with the peer, which Node's event loop drives. */
  const until = async (holds: () => boolean): Promise<void> => {
    for (let turns = 0; !holds(); turns += 1) {
      if (turns === 1_000_000) throw new Error('it never was so');
      sockets.wait(0);
      await turn();
    }
  };
  const connect = (peer: { readonly host: string; readonly port: number }) => {
    const told: string[] = [];
    let bytes = 0;
    const socket = sockets.create({
      calling: () => told.push(socket.isConnected ? 'calling too late' : 'calling'),
      connected: () => told.push('connected'),
      refused: (errno) => told.push(`refused ${errno}`),
      received(_bytes, count) {
        bytes += count;
        if (told.at(-1) !== 'received') told.push('received');
      },
      ended: () => told.push('ended'),
      failed(errno) {
        told.push(`failed ${errno}`);
        // As whoever is told that does.
        socket.close();
      },
    });
    opened.push(socket);
    const route = { endpoint: endpointOf(peer), source: undefined, sourcePort: 0, options: {} };
    const errno = socket.open(route);
    return { socket, told, errno, received: () => bytes };
  };
  return { sockets, connect, until };
}

async function listen(serve: (socket: Socket) => void, options = {}) {
  const server: Server = createServer({ noDelay: true, allowHalfOpen: true, ...options }, (socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

describe('a socket by system calls', () => {
  it('tells what has arrived, and its end once', async () => {
    const peer = await listen((socket) => socket.end('hello'));
    const { connect, until } = open();
    const { told, socket, received } = connect(peer);
    await until(() => told.includes('ended'));
    socket.close();
    expect(told).toEqual(['calling', 'connected', 'received', 'ended']);
    expect(received()).toBe(5);
  });

  it('tells what arrived before a reset, and then the reset', async () => {
    const peer = await listen((socket) => {
      socket.once('data', () => socket.write('hello', () => socket.resetAndDestroy()));
    });
    const { connect, until, sockets } = open();
    const { told, socket } = connect(peer);
    await until(() => told.includes('connected'));
    socket.send(Buffer.from('hi'));
    // Both have arrived before the next look.
    for (let turns = 0; turns < 1_000; turns += 1) await turn();
    sockets.wait(0);
    await until(() => told.length === 4);
    expect(told.slice(2)).toEqual(['received', `failed ${constants.errno.ECONNRESET}`]);
  });

  it('is refused where nothing listens, as long as its descriptor is open', async () => {
    const peer = await listen(() => undefined);
    const { connect, until } = open();
    const free = { ...peer, host: '127.0.0.77' };
    const { told, socket } = connect(free);
    await until(() => told.length === 2);
    expect(told).toEqual(['calling', `refused ${constants.errno.ECONNREFUSED}`]);
    expect(socket.isOpen).toBe(true);
  });

  it('tells later that this machine did not let it connect', async () => {
    const { connect, sockets } = open();
    // A broadcast address: connect() itself refuses it (EACCES).
    const { told, errno } = connect({ host: '255.255.255.255', port: 9 });
    expect(errno).toBeUndefined();
    expect(told).toEqual(['calling']);
    sockets.wait(0);
    expect(told[1]).toMatch(/^failed (101|13)$/);
  });

  it('sends all that the kernel has no room for at first, in order', async () => {
    const chunks: Buffer[] = [];
    const far: Socket[] = [];
    const peer = await listen(
      (socket) => {
        far.push(socket);
        socket.on('data', (data) => chunks.push(data));
      },
      { pauseOnConnect: true },
    );
    const { connect, until } = open();
    const { told, socket } = connect(peer);
    await until(() => told.includes('connected') && far.length === 1);
    const words = new Uint32Array(4_000_000).map((_, index) => index);
    const bytes = Buffer.from(words.buffer);
    const copy = Buffer.from(bytes);
    socket.send(copy.subarray(0, 12_000_000));
    // What was given may be used for something else at once.
    copy.fill(0, 0, 12_000_000);
    socket.send(copy.subarray(12_000_000));
    far[0]!.resume();
    await until(() => chunks.reduce((sum, { length }) => sum + length, 0) >= bytes.length);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('reads what has come before it tells that nothing can be sent', async () => {
    const far: Socket[] = [];
    const peer = await listen((socket) => far.push(socket));
    const { connect, until } = open();
    const { told, socket } = connect(peer);
    await until(() => told.includes('connected') && far.length === 1);
    far[0]!.write('answer');
    far[0]!.resetAndDestroy();
    for (let turns = 0; turns < 1_000; turns += 1) await turn();
    socket.send(Buffer.from('too late'));
    await until(() => told.some((word) => word.startsWith('failed')));
    expect(told.slice(2)).toEqual(['received', `failed ${constants.errno.ECONNRESET}`]);
  });

  it('lets others have their turn while a far end sends without an end', async () => {
    const peer = await listen((socket) => {
      const more = (): void => {
        while (socket.writable && socket.write(Buffer.alloc(1 << 20)));
      };
      socket.on('drain', more);
      more();
    });
    const quiet = await listen((socket) => socket.write('hello'));
    const { connect, until } = open();
    const flood = connect(peer);
    await until(() => flood.received() > 1 << 22);
    const other = connect(quiet);
    await until(() => other.received() === 5);
  });

  it('reads half a megabyte a turn, however much has come and however often it is told of', async () => {
    const far: Socket[] = [];
    const peer = await listen((socket) => far.push(socket));
    const { connect, sockets, until } = open();
    const { told, received } = connect(peer);
    await until(() => told.includes('connected') && far.length === 1);
    const chunk = Buffer.alloc(1 << 20);
    let most = 0;
    for (let turns = 0; turns < 200; turns += 1) {
      far[0]!.write(chunk);
      await turn();
      const before = received();
      sockets.wait(0);
      most = Math.max(most, received() - before);
    }
    expect(most).toBeGreaterThan(65_536);
    expect(most).toBeLessThanOrEqual(1 << 19);
  });

  it('is told nothing any more once it is closed, though its slot has another owner', async () => {
    const peer = await listen((socket) => socket.end('hello'));
    const { connect, until } = open(1);
    const first = connect(peer);
    first.socket.close();
    const second = connect(peer);
    await until(() => second.told.includes('ended'));
    expect(first.told).toEqual(['calling']);
    expect(first.socket.isOpen).toBe(false);
    expect(first.socket.isConnected).toBe(false);
  });
});

describe('timers of sockets by system calls', () => {
  it('run once they are due, in order, and not after they were cancelled', async () => {
    const { sockets, until } = open();
    const told: string[] = [];
    sockets.after(2_000, () => told.push('later'));
    sockets.after(1_000, () => told.push('sooner'));
    const cancel = sockets.after(1_000, () => told.push('cancelled'));
    cancel();
    expect(sockets.soonestUs).toBeLessThanOrEqual(clock() + 1_000);
    await until(() => told.length === 2);
    expect(told).toEqual(['sooner', 'later']);
    expect(sockets.soonestUs).toBe(Number.POSITIVE_INFINITY);
  });

  it('end a wait', () => {
    const { sockets } = open();
    let hasRun = false;
    sockets.after(1_000, () => {
      hasRun = true;
    });
    const beganUs = clock();
    const longUs = 60_000_000;
    for (let waits = 0; !hasRun && waits < 10; waits += 1) sockets.wait(longUs);
    expect(hasRun).toBe(true);
    // None of them lasted as long as it might have.
    expect(clock() - beganUs).toBeLessThan(longUs);
  });

  it('wait for the next turn where one sets another', () => {
    const { sockets } = open();
    let runs = 0;
    const again = (): void => {
      runs += 1;
      if (runs < 1_000) sockets.after(0, again);
    };
    sockets.after(0, again);
    sockets.wait(0);
    expect(runs).toBe(1);
  });
});

it('does nothing after it was closed, and is not closed while anything is open', async () => {
  const peer = await listen(() => undefined);
  const sockets = new DescriptorSockets(clock, 1);
  const events = {
    ...{ calling() {}, connected() {}, refused() {}, received() {}, ended() {}, failed() {} },
  };
  const socket = sockets.create(events);
  socket.open({ endpoint: endpointOf(peer), source: undefined, sourcePort: 0, options: {} });
  expect(() => sockets.close()).toThrow('1 sockets are still open');
  socket.close();
  sockets.close();
  sockets.close();
  sockets.wait(60_000_000);
});
