import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createRawEngine } from '../../../src/engine/raw/engine.ts';
import type { AttemptObserver, Engine } from '../../../src/engine/types.ts';
import { tickerOf } from '../../../src/net/ticker.ts';
import { armTo, bareArmTo, outcomeOf } from '../../support/arms.ts';
import { answering, findClosedPort, responseOf, startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const NOBODY: AttemptObserver = { established() {}, settled() {} };

function clock(): number {
  return performance.now() * 1_000;
}

function createIdle(maxOpen = 4): Engine {
  return createRawEngine({
    arms: [bareArmTo({ host: '127.0.0.1', port: 9 })],
    observer: NOBODY,
    clock: tickerOf(clock),
    maxOpen,
  });
}

function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Polls until nothing is open; Node's own loop gets its turns, as the far end lives on it. */
async function pollUntilSettled(engine: Engine): Promise<void> {
  while (engine.open > 0) {
    engine.poll(1_000);
    await new Promise(setImmediate);
  }
}

suiteNeeding('raw engine', ['linux'], () => {
  it('does nothing outside poll, and waits there no longer than it is told', () => {
    const engine = createIdle();
    // A signal may cut a wait short: the longest of three counts.
    const waits = [1, 2, 3].map(() => {
      const before = clock();
      engine.poll(20_000);
      return clock() - before;
    });
    expect(Math.max(...waits)).toBeGreaterThan(19_000);
    expect(engine).toMatchObject({ name: 'raw', polls: true, readsTcpInfo: true, open: 0 });
    engine.close();
  });

  it('wakes for a timeout that comes before the end of the wait', async () => {
    const peer = await startPeer({});
    const ends: string[] = [];
    const engine = createRawEngine({
      arms: [armTo(peer, { responseTimeoutUs: 30_000 })],
      observer: { established() {}, settled: (record) => ends.push(outcomeOf(record)) },
      clock: tickerOf(clock),
      maxOpen: 1,
    });
    engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    const before = clock();
    while (engine.open > 0) engine.poll(10_000_000);
    expect(ends).toEqual(['response-timeout']);
    expect(clock() - before).toBeLessThan(5_000_000);
    engine.close();
  });

  it('shows one record over and over', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'closes'));
    const shown = new Set<object>();
    const engine = createRawEngine({
      arms: [armTo(peer)],
      observer: { established: (record) => shown.add(record), settled: (record) => shown.add(record) },
      clock: tickerOf(clock),
      maxOpen: 3,
    });
    for (let attempt = 0; attempt < 3; attempt += 1)
      engine.start(0, attempt, { intendedAtUs: clock() }, -1, 0);
    await pollUntilSettled(engine);
    expect(shown.size).toBe(1);
    engine.close();
  });

  it('lets an observer start the next attempt from the end of the last, in its very slot', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'closes'));
    const outcomes: string[] = [];
    const engine: Engine = createRawEngine({
      arms: [armTo(peer), bareArmTo({ host: '127.0.0.1', port: await findClosedPort() })],
      observer: {
        established() {},
        settled(record) {
          outcomes.push(`${record.attempt} ${outcomeOf(record)}`);
          if (record.attempt < 5)
            engine.start(record.arm === 0 ? 1 : 0, record.attempt + 1, { intendedAtUs: clock() }, -1, 0);
        },
      },
      clock: tickerOf(clock),
      maxOpen: 1,
    });
    engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    await pollUntilSettled(engine);
    expect(outcomes).toEqual([
      '0 ok',
      '1 handshake-refused',
      '2 ok',
      '3 handshake-refused',
      '4 ok',
      '5 handshake-refused',
    ]);
    engine.close();
  });

  it('leaves no descriptor behind', async () => {
    const peer = await startPeer({});
    const refused = bareArmTo({ host: '127.0.0.1', port: await findClosedPort() });
    // No turn of Node's loop until the end: the far end's own descriptors stay out of the count.
    const before = countDescriptors();
    const engine = createRawEngine({
      arms: [armTo(peer), refused],
      observer: NOBODY,
      clock: tickerOf(clock),
      maxOpen: 40,
    });
    for (let attempt = 0; attempt < 20; attempt += 1)
      engine.start(attempt % 2, attempt, { intendedAtUs: clock() }, -1, 0);
    const TAKEN = peer.port;
    engine.start(0, 20, { intendedAtUs: clock() }, -1, TAKEN);
    engine.poll(1_000);
    const REACTOR = 1;
    expect(engine.open).toBe(10);
    expect(countDescriptors()).toBe(before + 10 + REACTOR);
    engine.abort();
    engine.close();
    expect(countDescriptors()).toBe(before);
  });

  it('refuses to work on once it is closed, and to close before all is settled', async () => {
    const peer = await startPeer({});
    const engine = createRawEngine({
      arms: [armTo(peer)],
      observer: NOBODY,
      clock: tickerOf(clock),
      maxOpen: 1,
    });
    engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    expect(() => engine.close()).toThrow('still open');
    expect(() => engine.start(0, 1, { intendedAtUs: clock() }, -1, 0)).toThrow('maxOpen');
    engine.abort();
    engine.close();
    engine.close();
    engine.poll(1_000);
    expect(() => engine.start(0, 1, { intendedAtUs: clock() }, -1, 0)).toThrow(RangeError);
  });

  it('serves two engines in one thread', async () => {
    const peer = await startPeer(answering(responseOf('hello'), 'closes'));
    const ends: string[] = [];
    const observer = (name: string): AttemptObserver => ({
      established() {},
      settled: (record) => ends.push(`${name} ${outcomeOf(record)}`),
    });
    const engines = ['a', 'b'].map((name) =>
      createRawEngine({ arms: [armTo(peer)], observer: observer(name), clock: tickerOf(clock), maxOpen: 1 }),
    );
    for (const engine of engines) engine.start(0, 0, { intendedAtUs: clock() }, -1, 0);
    for (const engine of engines) await pollUntilSettled(engine);
    for (const engine of engines) engine.close();
    expect(ends.sort()).toEqual(['a ok', 'b ok']);
  });
});
