import { describe, expect, it, onTestFinished } from 'vitest';
import { createDraw } from '../../../bench/confusion/draw.mjs';
import { CAUSES } from '../../../src/analysis/causes/index.ts';
import { findObstacle } from '../../../src/lab/combine.ts';
import { removeLab } from '../../../src/lab/down.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { PRESETS, readPreset } from '../../../src/lab/presets/index.ts';
import { STATE_DIR } from '../../../src/lab/state.ts';
import { switchPreset } from '../../../src/lab/switch.ts';
import { bringUp } from '../../../src/lab/up.ts';
import { createRandom } from '../../../src/random.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

describe.each(PRESETS.map((preset) => [preset.name, preset] as const))('%s', (_, preset) => {
  it('varies within what it permits, and its causes are known', () => {
    const known: readonly string[] = CAUSES.map(({ id }) => id);
    const draw = createDraw(createRandom(1));
    for (let trial = 0; trial < 100; trial += 1) {
      const { causes } = preset.configure(preset.vary(draw));
      expect(causes.filter((id) => !known.includes(id))).toEqual([]);
    }
  });
});

describe('several presets in one lab', () => {
  it('have the settings of each, the most clients, and no timestamps if one wants none', () => {
    const both = readPreset('timewait-1s:ports=700+random-loss:2%,clients=30');
    expect(both).toMatchObject({
      ...{ name: 'timewait-1s+random-loss', clients: 30, timestamps: 'off', takes: ['nat'] },
      causes: ['early-reuse', 'loss'],
      settings: {
        ...{ 'timewait-1s.t': '1s', 'timewait-1s.ports': '700', 'random-loss.loss': '2%' },
        ...{ clients: '30', timestamps: 'off' },
      },
    });
    expect(Object.keys(both.settings)).not.toContain('timewait-1s.clients');
  });

  it('have the far end of each', () => {
    const { farEnd } = readPreset('mtu-black-hole');
    expect(readPreset('mtu-black-hole+latency').farEnd).toEqual(farEnd);
  });

  it.each([
    ['timewait-1s+small-nat-pool', 'timewait-1s and small-nat-pool both set up the NAT'],
    ['idle-cut+pre-answered', 'idle-cut and pre-answered both end the connections in the firewall'],
    ['random-loss+idle-cut', 'idle-cut ends the connections in the firewall, so that random-loss would not'],
    ['random-loss+latency+random-loss', 'random-loss is there twice'],
  ])('cannot be %s: %s', (argument, why) => {
    expect(() => readPreset(argument)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(why), exitCode: 2 }),
    );
  });

  it('take a setting only where it says which preset it means', () => {
    expect(() => readPreset('random-loss+latency', ['loss=1%'])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('random-loss:key=value+latency') }),
    );
  });
});

suiteNeeding('the firewall of several presets', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('has the rules of all that are rules, and one NAT; another can take its place', async () => {
    const together = PRESETS.filter(({ isRulesAlone, takes }) => isRulesAlone && takes.length === 0);
    expect(findObstacle(together)).toBeUndefined();
    const argument = [...together.map(({ name }) => name), 'small-nat-pool:150,timestamps=on'].join('+');
    const file = await bringUp(readPreset(argument), { lifetime: 'with-owner' });
    onTestFinished(() => removeLab(file));
    const { firewall } = new Lab(file);
    const list = () => firewall.run('nft', 'list', 'table', 'ip', 'lab');
    const rules = await list();
    for (const rule of [/ct count over 500 drop/, /dscp ef/, /limit rate over 200\/second/, /numgen random/])
      expect(rules).toMatch(rule);
    expect(rules.match(/chain forward/g)).toHaveLength(1);
    expect(rules).toMatch(/: 2149\b/);
    expect(rules).not.toMatch(/: 2150\b/);

    const state = await switchPreset(STATE_DIR, file.state, readPreset('syn-rate-limit:7+ef-policer'));
    expect(state.preset).toBe('syn-rate-limit+ef-policer');
    const after = await list();
    expect(after).toMatch(/limit rate over 7\/second/);
    expect(after).not.toMatch(/ct count/);
  });
});
