import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createRawEngine } from '../../../src/engine/raw/engine.ts';
import { Reactor } from '../../../src/engine/raw/reactor.ts';
import type { AttemptObserver, Engine, EngineArm } from '../../../src/engine/types.ts';
import { createBoundSocket, loadLibc, startConnecting } from '../../../src/net/index.ts';
import { tickerOf } from '../../../src/net/ticker.ts';
import { armTo, bareArmTo, outcomeOf, requestOf } from '../../support/arms.ts';
import { answering, findClosedPort, type Peer, responseOf, startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const LONG_US = 600_000_000;

function clock(): number {
  return performance.now() * 1_000;
}

function create(arm: EngineArm, observer: Partial<AttemptObserver>, maxOpen = 1): Engine {
  const all = { established() {}, settled() {}, ...observer };
  return createRawEngine({ arms: [arm], observer: all, clock: tickerOf(clock), maxOpen });
}

/** Long enough for a socket of which nothing is heard to be handed over. */
function lookInVain(engine: Engine): void {
  for (let look = 0; look < 20; look += 1) engine.poll(0);
}

async function pollUntil(engine: Engine, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    engine.poll(1_000);
    await new Promise(setImmediate);
  }
}

/** Begins one attempt and ends it while its receive is under way. */
async function abortHeld(peer: Peer, engine: Engine, port: number, isHeld: () => boolean): Promise<void> {
  engine.start(0, 0, { intendedAtUs: clock() }, -1, port);
  await pollUntil(engine, isHeld);
  engine.poll(0);
  engine.abort();
  await peer.closedByNear(1);
}

suiteNeeding('reactor', ['linux'], () => {
  it.each([
    ['reset', 'reset'],
    ['fin', 'fin'],
  ] as const)('closes for good, by %s, a connection that it was still reading', async (close, seen) => {
    const peer = await startPeer({});
    let established = 0;
    const arm = bareArmTo(peer, { holdUs: LONG_US, close });
    const engine = create(arm, { established: () => (established += 1) });
    await abortHeld(peer, engine, 0, () => established === 1);
    expect(peer.seen[0]?.closed).toBe(seen);
    engine.close();
  });

  it.each([
    ['nothing of its own', false],
    ['sockets of its own', true],
  ])('ends a wait for %s once another that it watches has something to report', async (_what, hasOwn) => {
    const peer = await startPeer({});
    const libc = loadLibc();
    const [waiting, other] = [new Reactor(libc, 1), new Reactor(libc, 1, false)];
    const connect = (reactor: Reactor): number => {
      const fd = createBoundSocket({ family: 4, sourcePort: 0, options: {} });
      expect(startConnecting(fd, { family: 4, address: peer.host, port: peer.port })).toBe(0);
      expect(reactor.watch(fd, 0, 1)).toBe(0);
      onTestFinished(() => {
        reactor.forget(0);
        libc.close(fd);
        reactor.close();
      });
      return fd;
    };
    waiting.watchBesides(other.fd);
    const told: string[] = [];
    if (hasOwn) {
      connect(waiting);
      waiting.wait(LONG_US, () => told.push('own'));
    } else onTestFinished(() => waiting.close());
    connect(other);
    // It would wait for ten minutes, and tell nobody of the other's.
    waiting.wait(LONG_US, () => told.push('more'));
    expect(told).toEqual(hasOwn ? ['own'] : []);
    other.wait(0, () => told.push('other'));
    expect(told.at(-1)).toBe('other');
    // Nothing is left to report.
    waiting.wait(1_000, () => told.push('more'));
    expect(told.at(-1)).toBe('other');
  });

  it('lets go of a source port with the attempt: the next can have it at once', async () => {
    const peer = await startPeer({});
    const sourcePort = await findClosedPort();
    const ends: string[] = [];
    let established = 0;
    const engine = create(bareArmTo(peer, { holdUs: LONG_US, close: 'reset' }), {
      established: () => (established += 1),
      settled: (record) => ends.push(outcomeOf(record)),
    });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      engine.start(0, attempt, { intendedAtUs: clock() }, -1, sourcePort);
      await pollUntil(engine, () => established > attempt);
      engine.poll(0);
      engine.abort();
    }
    expect(ends).toEqual(Array(20).fill('abandoned'));
    expect(peer.seen.map(({ remotePort }) => remotePort)).toContain(sourcePort);
    engine.close();
  });

  it('takes long responses of many at once', async () => {
    const text = responseOf('x'.repeat(60_000));
    const peer = await startPeer(answering(text, 'closes'));
    const bytes: number[] = [];
    const engine = create(armTo(peer), { settled: (record) => bytes.push(record.bytes) }, 100);
    for (let attempt = 0; attempt < 100; attempt += 1)
      engine.start(0, attempt, { intendedAtUs: clock() }, -1, 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    // The far end gets its turns, this one none: what it answers piles up.
    for (let turn = 0; turn < 3; turn += 1) {
      engine.poll(0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await pollUntil(engine, () => engine.open === 0);
    expect(bytes).toEqual(Array(100).fill(text.length));
    engine.close();
  });

  it('watches more connecting sockets than it asks about in one call', async () => {
    const peer = await startPeer({});
    const outcomes = new Map<string, number>();
    const engine = create(
      bareArmTo(peer),
      {
        settled(record) {
          const outcome = outcomeOf(record, { kind: 'established' });
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        },
      },
      1_500,
    );
    for (let attempt = 0; attempt < 1_500; attempt += 1)
      engine.start(0, attempt, { intendedAtUs: clock() }, -1, 0);
    await pollUntil(engine, () => engine.open === 0);
    expect([...outcomes]).toEqual([['ok', 1_500]]);
    engine.close();
  });

  it('hears of a socket that was silent for long, and of all that comes at once then', async () => {
    const text = responseOf('late');
    const waiting: Socket[] = [];
    const peer = await startPeer({ request: (socket) => waiting.push(socket) });
    const ends: string[] = [];
    const engine = create(armTo(peer), { settled: (record) => ends.push(outcomeOf(record)) }, 50);
    for (let attempt = 0; attempt < 50; attempt += 1)
      engine.start(0, attempt, { intendedAtUs: clock() }, -1, 0);
    await pollUntil(engine, () => waiting.length === 50);
    lookInVain(engine);
    for (const socket of waiting) socket.end(text);
    await pollUntil(engine, () => engine.open === 0);
    expect(ends).toEqual(Array(50).fill('ok'));
    engine.close();
  });

  it('hears of a socket that was silent while it waits for new ones', async () => {
    const waiting: Socket[] = [];
    const peer = await startPeer({ request: (socket) => waiting.push(socket) });
    let settled = 0;
    const engine = create(armTo(peer), { settled: () => (settled += 1) }, 2);
    engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    await pollUntil(engine, () => waiting.length === 1);
    lookInVain(engine);
    engine.start(0, 1, { intendedAtUs: clock() }, -1, 0);
    await pollUntil(engine, () => waiting.length === 2);
    await new Promise<void>((resolve) => waiting[0]!.end(responseOf('late'), () => resolve()));
    const before = clock();
    const WAIT_US = 10_000_000;
    while (settled === 0 && clock() - before < WAIT_US) engine.poll(WAIT_US);
    expect(settled).toBe(1);
    expect(clock() - before).toBeLessThan(WAIT_US / 2);
    engine.abort();
    engine.close();
  });

  it('sends on where a socket was full for long', async () => {
    const body = 'x'.repeat(8_000_000);
    const waiting: Socket[] = [];
    const peer = await startPeer({
      accepted: (socket) => waiting.push(socket.pause()),
      request: (socket) => socket.end(responseOf('all of it')),
    });
    const request = requestOf(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const ends: string[] = [];
    const engine = create(armTo(peer, { request }), { settled: (record) => ends.push(outcomeOf(record)) });
    engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    await pollUntil(engine, () => waiting.length === 1);
    lookInVain(engine);
    waiting[0]!.resume();
    await pollUntil(engine, () => engine.open === 0);
    expect(ends).toEqual(['ok']);
    engine.close();
  });

  it('leaves no descriptor behind', () => {
    const count = (): number => readdirSync('/proc/self/fd').length;
    const libc = loadLibc();
    const before = count();
    const reactor = new Reactor(libc, 4);
    expect(count()).toBe(before + 1);
    reactor.close();
    expect(count()).toBe(before);
  });
});
