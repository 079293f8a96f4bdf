import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EchoEngine } from '../../../src/engine/echo/engine.ts';
import type { AttemptRecord } from '../../../src/engine/types.ts';
import type { EchoReply, PingTarget } from '../../../src/net/ping-socket.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @param answers by sequence: microseconds, an errno to send with as a negative number, or undefined for silence */
function pinging(answers: readonly (number | undefined)[], refused?: number) {
  const records: AttemptRecord[] = [];
  const established: number[] = [];
  const opened: PingTarget[] = [];
  const startedAtMs = Date.now();
  const us = new Float64Array(1);
  const tick = (): void => {
    us[0] = (Date.now() - startedAtMs) * 1_000;
  };
  const engine = new EchoEngine({
    arms: new Map([
      [
        3,
        {
          endpoints: [
            { address: '192.0.2.1', family: 4, port: 80 },
            { address: '192.0.2.2', family: 4, port: 80 },
          ],
          sources: ['192.0.2.9'],
          timeoutUs: 2_000_000,
        },
      ],
    ]),
    observer: {
      established: ({ attempt }) => established.push(attempt),
      settled: (record) => records.push({ ...record }),
    },
    clock: { tick, us },
    openSocket(target) {
      opened.push(target);
      if (refused !== undefined) return refused;
      const replies: EchoReply[] = [];
      return {
        kind: 'raw',
        send(sequence) {
          const answer = answers[sequence];
          if (answer !== undefined && answer < 0) return -answer;
          if (answer !== undefined) replies.push({ sequence, tookUs: answer, isTimedByKernel: true });
          return 0;
        },
        receive: () => replies.shift(),
        close() {},
      };
    },
  });
  const start = (attempt: number, source = -1): void => engine.start(3, attempt, { intendedAtUs: 5 }, source);
  return { engine, start, records, established, opened };
}

it('times a reply by what the kernel noted, however late it is read', () => {
  const { engine, start, records, established, opened } = pinging([700]);
  start(0, 0);
  start(1);
  expect(opened).toEqual([
    { address: '192.0.2.1', family: 4, source: '192.0.2.9' },
    { address: '192.0.2.2', family: 4, source: undefined },
  ]);
  vi.advanceTimersByTime(500);
  expect(established).toEqual([0, 1]);
  expect(records[0]).toMatchObject({
    ...{ arm: 3, attempt: 0, endpoint: 0, source: 0, phase: 'done', cause: 'none', intendedAtUs: 5 },
    ...{ startedAtUs: 0, establishedAtUs: 700, endedAtUs: 700, rttUs: 700, synRetransmits: 0 },
  });
  expect(engine.open).toBe(0);
});

it('gives a ping up once its time is over, and never calls it a stall', () => {
  const { engine, start, records } = pinging([undefined]);
  start(0);
  vi.advanceTimersByTime(1_900);
  expect([engine.open, records.length]).toEqual([1, 0]);
  vi.advanceTimersByTime(200);
  expect(records[0]).toMatchObject({
    phase: 'handshake',
    cause: 'timeout',
    establishedAtUs: -1,
    synRetransmits: 0,
  });
  expect(engine.open).toBe(0);
});

it('settles what this machine does not let out, and what is stopped, each once', () => {
  const EPERM = 1;
  const { engine, start, records } = pinging([-EPERM, undefined]);
  start(0);
  expect(records[0]).toMatchObject({ phase: 'start', cause: 'errno', errno: EPERM });
  start(2);
  engine.abort();
  engine.abort();
  expect(records.map(({ cause }) => cause)).toEqual(['errno', 'stopped']);
  expect(engine.open).toBe(0);
  engine.close();
});

it('settles every attempt where no socket could be opened', () => {
  const EACCES = 13;
  const { start, records } = pinging([], EACCES);
  start(0);
  expect(records[0]).toMatchObject({ phase: 'start', errno: EACCES });
});
