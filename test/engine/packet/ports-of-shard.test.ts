import { expect, it } from 'vitest';
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
