import { expect, it } from 'vitest';
import { createAttemptRecord } from '../../../../src/engine/blank-record.ts';
import type { CreateEngine } from '../../../../src/engine/types.ts';
import { createPacketProbe } from '../../../../src/session/load/packets/packet-probe.ts';
import { resolveArms } from '../../../../src/session/load/resolve.ts';
import type { PlannedArm } from '../../../../src/worker/protocol.ts';
import { scenarioOf } from '../../../scenario/support.ts';
import { packetsOnLoopback } from '../../../support/packets.ts';

const PORTS = [
  { from: 40_000, to: 49_999 },
  { from: 50_000, to: 50_999 },
];

async function plan(hold: string): Promise<PlannedArm[]> {
  const load = 'load: [{ hold: { rate: 10/s, for: 1s } }]';
  const arms = await resolveArms(
    scenarioOf(`  x: { via: tcp, target: "tcp://127.0.0.1:9", ${hold} ${load} }`),
  );
  return arms.map((arm) => ({ ...arm, packets: { ...packetsOnLoopback(arm), ports: PORTS } }));
}

/** Where a probe's only connection comes from: the ports that its engine has, and the one that is asked for. */
async function watchProbe(planned: readonly PlannedArm[], sourcePort?: number): Promise<unknown[]> {
  const seen: unknown[] = [];
  const createEngine: CreateEngine = ({ arms, observer }) => ({
    name: 'packet',
    readsTcpInfo: true,
    polls: true,
    open: 0,
    closing: 0,
    start(_arm, _attempt, _due, _source, port) {
      seen.push(arms[0]!.packets!.ports, port);
    },
    poll: () => observer.settled(createAttemptRecord({ establishedAtUs: 1 })),
    release: () => undefined,
    closeKept: () => undefined,
    abort: () => undefined,
    takeDrops: () => ({}),
    close: () => undefined,
  });
  const probe = createPacketProbe(createEngine, planned);
  const { answer } = await probe('127.0.0.1', 9, sourcePort === undefined ? {} : { sourcePort });
  return [answer, ...seen];
}

it('probes from the ports that a load uses last', async () => {
  const planned = await plan('');
  expect(await watchProbe(planned)).toEqual(['connected', [PORTS[1]], 0]);
  expect(await watchProbe(planned, 50_990)).toEqual(['connected', [PORTS[1]], 50_990]);
});

it('probes from the port that a load uses first if its connections are counted, whatever else is tried', async () => {
  const planned = await plan('hold: together,');
  expect(await watchProbe(planned)).toEqual(['connected', [PORTS[0]], 40_000]);
  expect(await watchProbe(planned, 50_990)).toEqual(['connected', [PORTS[0]], 40_000]);
});
