import { expect, it } from 'vitest';
import type { Comparison } from '../../src/analysis/compare/types.ts';
import { removeLab } from '../../src/lab/down.ts';
import { namespaceName } from '../../src/lab/lab.ts';
import { Namespace } from '../../src/lab/namespace.ts';
import { readPreset } from '../../src/lab/presets/index.ts';
import { STATE_DIR, StateFile } from '../../src/lab/state.ts';
import { switchPreset } from '../../src/lab/switch.ts';
import { bringUp } from '../../src/lab/up.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** Short enough for either setting to be tried in seconds. */
const SHORT = `
schema: 1
description: A few connections.
arms:
  stress:
    via: proxy
    timeouts: { handshake: 2s }
    load:
      - hold: { rate: 50/s, for: 8s }
`;

suiteNeeding('an experiment in the lab', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('switches between two presets unattended, and finds the better one', async () => {
    const place = makeWorkplace();
    const file = await bringUp(readPreset('random-loss:30%'), { lifetime: 'with-owner' });
    try {
      const { id } = file.state;
      const [rushhour, inside] = ['"$NODE" "$LAUNCHER"', new Namespace(namespaceName(id, 'client'))];
      const [node, launcher] = [process.execPath, new URL('../../bin/rushhour', import.meta.url).pathname];
      const before = inside.enter(['env', `NODE=${node}`, `LAUNCHER=${launcher}`, `RUSHHOUR_LAB=${id}`]);
      const scenario = await place.scenario('short', SHORT);
      const { stdout, stderr } = await place.run(
        [
          ...['experiment', scenario, '--proxy', '10.20.0.2:3128', '--target', 'http://10.20.0.2:8080/'],
          ...['--settle', '0s', '--rounds', '1', '--json', '--quiet'],
          ...['--a', `${rushhour} lab switch random-loss:30%`, '--b', `${rushhour} lab switch healthy`],
          ...['--verify', `${rushhour} lab list | grep -q "lab $RUSHHOUR_LAB: "`, '--results', place.results],
        ],
        before,
      );
      if (!stdout.startsWith('{')) throw new Error(stderr);
      const comparison = JSON.parse(stdout) as Comparison;
      const lines = comparison.lines.filter(({ figure }) => figure === 'stalled.rate');
      expect(lines.length).toBeGreaterThan(0);
      for (const { before: lossy, after: healthy, ci95, verdict } of lines) {
        expect(lossy).toBeGreaterThan(0.15);
        expect(healthy).toBeLessThan(0.05);
        expect(ci95[1]).toBeLessThan(0);
        expect(verdict).toBe('better');
      }
    } finally {
      await removeLab(file);
      await place.clean();
    }
  });

  it('switches only what rules alone make', async () => {
    const file = await bringUp(readPreset('healthy'), { lifetime: 'with-owner' });
    try {
      const { state } = StateFile.open(STATE_DIR, file.state);
      const to = (preset: string) => switchPreset(STATE_DIR, state, readPreset(preset));
      await expect(to('latency')).rejects.toThrow('Preset latency is more than firewall rules');
      await expect(to('timewait-1s')).rejects.toThrow(
        'timestamps=on, but timewait-1s would use timestamps=off',
      );
      await expect(to('timewait-1s:timestamps=on')).resolves.toMatchObject({ preset: 'timewait-1s' });
    } finally {
      await removeLab(file);
    }
  });
});
