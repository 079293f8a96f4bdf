import { afterEach, expect, it } from 'vitest';
import { claimTuples } from '../../../../src/session/load/packets/claims.ts';
import { resolveArms } from '../../../../src/session/load/resolve.ts';
import { Undo } from '../../../../src/session/undo.ts';
import type { PlannedArm } from '../../../../src/worker/protocol.ts';
import { scenarioOf } from '../../../scenario/support.ts';
import { packetsOnLoopback } from '../../../support/packets.ts';
import { suiteNeeding } from '../../../support/suite-needing.ts';

suiteNeeding('two runs of the packet engine', ['linux'], () => {
  const undo = new Undo();
  afterEach(() => undo.run());

  const plan = async (sources: string[], from: number, to: number, port = 9): Promise<PlannedArm[]> => {
    const target = `target: "tcp://127.0.0.1:${port}"`;
    const load = 'load: [{ hold: { rate: 10/s, for: 1s } }]';
    const arms = await resolveArms(scenarioOf(`  x: { via: tcp, ${target}, ${load} }`));
    return arms.map((arm) => ({
      ...arm,
      sources,
      packets: { ...packetsOnLoopback(arm), ports: [{ from, to }] },
    }));
  };
  const claim = async (...planned: Parameters<typeof plan>): Promise<void> =>
    claimTuples(await plan(...planned), undo);

  it('may not speak for the same address and ports to the same endpoint, until one has ended', async () => {
    await claim(['10.9.0.1', '10.9.0.2'], 20_000, 20_999);
    await expect(claim(['10.9.0.3', '10.9.0.2'], 20_999, 21_000)).rejects.toThrow(
      'another run of the packet engine on this machine is using 10.9.0.2, ports 20999-20999, to the same endpoint',
    );
    await undo.run();
    await claim(['10.9.0.3', '10.9.0.2'], 20_999, 21_000);
  });

  it('may where they differ in one of the three', async () => {
    await claim(['10.9.0.1'], 20_000, 20_999);
    await claim(['10.9.0.2'], 20_000, 20_999);
    await claim(['10.9.0.1'], 21_000, 21_999);
    await claim(['10.9.0.1'], 20_000, 20_999, 10);
  });

  it('claim their own addresses where a scenario names none', async () => {
    await claim([], 20_000, 20_999);
    await expect(claim(['127.0.0.1'], 20_000, 20_000)).rejects.toThrow(
      'is using 127.0.0.1, ports 20000-20000',
    );
  });
});
