import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { ADDRESSES, PORTS } from '../../src/lab/addresses.ts';
import { removeLab } from '../../src/lab/down.ts';
import { Lab } from '../../src/lab/lab.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import type { StateFile } from '../../src/lab/state.ts';
import { bringUp } from '../../src/lab/up.ts';
import { makeWorkplace, type Workplace } from '../e2e/rushhour.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** Longer than the first SYN's timer, 1 s: each is sent again before its answer is back. */
const RTT_MS = 1_300;
const ATTEMPTS = 10;

suiteNeeding('a path of 1.3 s', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  let file: StateFile;
  let lab: Lab;
  let place: Workplace;

  beforeAll(async () => {
    place = makeWorkplace();
    file = await bringUp(readPreset(`latency:rtt=${RTT_MS}ms`), { lifetime: 'with-owner' });
    lab = new Lab(file);
  });
  afterAll(async () => {
    await removeLab(file);
    await place.clean();
  });

  const measure = async (via: 'direct' | 'tcp', engine: string): Promise<Summary> => {
    const target = `${via === 'tcp' ? 'tcp' : 'http'}://${ADDRESSES.far}:${PORTS.origin}`;
    const scenario = await place.scenario(
      `far-${via}-${engine}`,
      `
schema: 1
description: Connections over a long path.
target: ${target}
arms:
  hit: { via: ${via}, load: [{ hold: { rate: ${ATTEMPTS}/s, for: 1s } }] }
pass: ["hit.stalled.rate < 1%"]
`,
    );
    const args = ['run', scenario, '--no-look', '--engine', engine];
    return place.measure(args, lab.client.enter([]));
  };

  it('stalls nothing where TCP timestamps and the exchange tell how long it is', async () => {
    await lab.client.setSysctls({ 'net.ipv4.tcp_timestamps': 1 });
    const summaries = await Promise.all(SOCKET_ENGINES.map((engine) => measure('direct', engine)));
    for (const { arms, verdict } of summaries) {
      expect(arms['hit']).toMatchObject({
        completed: ATTEMPTS,
        synRetransmits: { '1': ATTEMPTS },
        slow: ATTEMPTS,
        stalled: { count: 0 },
      });
      // A histogram keeps three digits, and its least value is the beginning of an interval.
      expect(arms['hit']!.rttUs?.min).toBeGreaterThanOrEqual(RTT_MS * 999);
      expect(verdict).toMatchObject({ pass: true, reasons: [] });
    }
  });

  it('cannot be told from lost SYNs without timestamps, whatever is exchanged', async () => {
    await lab.client.setSysctls({ 'net.ipv4.tcp_timestamps': 0 });
    const summaries = await Promise.all(
      SOCKET_ENGINES.flatMap((engine) => [measure('direct', engine), measure('tcp', engine)]),
    );
    for (const { arms, verdict } of summaries) {
      expect(arms['hit']).toMatchObject({ established: ATTEMPTS, synRetransmits: { '1': ATTEMPTS } });
      expect(verdict.pass).toBeNull();
      expect(verdict.reasons).toContainEqual(
        expect.stringMatching(/^hit: cannot tell a long path from lost SYNs: .* without TCP timestamps/),
      );
    }
  });
});
