import { expect, it } from 'vitest';
import { resolveClient } from '../../../src/client/resolve.ts';
import { Flows } from '../../../src/engine/packet/flows.ts';
import type { EngineArm } from '../../../src/engine/types.ts';
import { packetsOnLoopback } from '../../support/packets.ts';

const ENDPOINTS: EngineArm['endpoints'] = [{ address: '127.0.0.1', port: 80, family: 4 }];
const ARM: EngineArm = {
  ...{ endpoints: ENDPOINTS, sources: [], close: 'reset', holdUs: 0, socket: {} },
  ...{ handshakeTimeoutUs: 1, responseTimeoutUs: 1 },
  packets: { ...packetsOnLoopback({ endpoints: ENDPOINTS }), ports: [{ from: 30_001, to: 30_006 }] },
};

it('leaves strays to the shard whose port they are for: all see them, and the others would reset its connections', () => {
  const [first, second] = [0, 1].map((index) => {
    const flows = new Flows([ARM], { index, count: 2 });
    return [30_000, 30_001, 30_002, 30_003, 30_004, 30_007].filter((port) => flows.ownsPort(port));
  });
  expect([...first!, ...second!].sort()).toEqual([30_001, 30_002, 30_003, 30_004]);
  expect([first!.length, second!.length]).toEqual([2, 2]);
  expect(first!.some((port) => second!.includes(port))).toBe(false);
});

it('keeps connections of all ports apart, those of other shards too, whose ports a scenario may name', () => {
  for (const count of [1, 2, 3]) {
    const flows = new Flows([ARM], { index: count - 1, count });
    const ports = [30_001, 30_002, 30_003, 30_004, 30_005, 30_006];
    for (const [slot, port] of ports.entries()) flows.set(0, 0, port, slot);
    expect([30_000, ...ports, 30_007].map((port) => flows.find(0, 0, port))).toEqual([
      -1, 0, 1, 2, 3, 4, 5, -1,
    ]);
    flows.clear(0, 0, 30_004);
    expect(ports.map((port) => flows.find(0, 0, port))).toEqual([0, 1, 2, -1, 4, 5]);
  }
});

it('has each host go through the ports by itself, from one of its own', () => {
  const sources = Array.from({ length: 8 }, (_, index) => `10.0.0.${index + 1}`);
  const ports = [{ from: 40_000, to: 40_999 }];
  const packets = { ...packetsOnLoopback({ endpoints: ENDPOINTS }, resolveClient('windows-11')), ports };
  const flows = new Flows([{ ...ARM, sources, packets }], { index: 0, count: 2 });
  const choose = (source: number): number => flows.choosePort(0, 0, flows.arms[0]!.locals[source]!);
  const first = sources.map((_, source) => choose(source));
  const second = sources.map((_, source) => choose(source));
  expect(new Set(first).size).toBe(8);
  expect(second).toEqual(first.map((port) => (port === 40_998 ? 40_000 : port + 2)));
});

it('begins where the check before a load has ended if connections are counted: a firewall would count that one too', () => {
  const sources = ['10.0.0.1', '10.0.0.2', 'fd00::1'];
  const ports = [{ from: 40_000, to: 49_999 }];
  const packets = { ...packetsOnLoopback({ endpoints: ENDPOINTS }, resolveClient('windows-11')), ports };
  const arm = { ...ARM, sources, packets };
  // The second of two arms: sequences of ports do not begin with the first one by themselves there.
  const choose = (index: number, counted: Partial<EngineArm>): number[] => {
    const flows = new Flows([arm, { ...arm, ...counted }], { index, count: 2 });
    const { locals } = flows.arms[1]!;
    return [0, 1, 2, 0].map((source) => flows.choosePort(1, 0, locals[source]!));
  };
  const [four, other, six, again] = choose(0, {});
  expect([four, other, six, again]).not.toContain(40_000);
  expect(choose(0, { holdsTogether: true })).toEqual([40_000, other, 40_000, 40_002]);
  expect(choose(1, { holdsTogether: true })).toEqual(choose(1, {}));
});
