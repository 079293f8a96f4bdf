import { expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { measureIn } from './measure.ts';

const SECONDS_ALLOWED = 240;

suiteNeeding('the scenario windows-clients', ['linux', 'root', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  it('stalls where the firewall forgets first, but not with one clock for all numbers, nor without TIME_WAIT', {
    timeout: SECONDS_ALLOWED * 1_000,
  }, async () => {
    // A port of the thousand returns every 5 s, from another address.
    const flags = ['--engine', 'packet', '--duration', '15s'];
    const clocked = ['--set', 'arms.linux.client={ profile: windows-11, isn: clock }'];
    const { arms } = await measureIn('timewait-1s', 'windows-clients', ...flags, ...clocked);
    const stalled = (name: string): number => arms[name]?.stalled.count ?? Number.NaN;
    // Half of those who come to a used port are refused, and others are spared by a frozen one: a fifth and more.
    const { started } = arms['windows']!;
    expect(started).toBeGreaterThan(2_000);
    expect(stalled('windows') / started).toBeGreaterThan(0.1);
    expect(['linux', 'windows-reset', 'windows-slow'].map(stalled)).toEqual([0, 0, 0]);
  });
});
