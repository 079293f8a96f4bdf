import { describe, expect, it } from 'vitest';
import { lookOf } from '../../src/scenario/look.ts';
import { armOf, loadOf, mistakesOf, scenarioOf } from './support.ts';

const ARMS = `  traffic: { timeouts: { response: 15s }, hold: 3s, source: { ports: 20000-20999 }, load: [{ ramp: { from: 0, to: 500, for: 10 } }, { hold: { rate: 500, for: 5m } }] }
  control: { via: tcp, load: [{ hold: { rate: 10, for: 5m } }] }
  loop: { load: { concurrency: 2, attempts: 9 } }
`;
const withLook = (look: string, overrides = {}) => scenarioOf(`${ARMS}look: ${look}\n`, overrides);

describe('the look of a scenario', () => {
  it('is a little of its open loops, in proportion, for seconds', () => {
    const look = lookOf(withLook('on'))!;
    expect(look.arms.map(({ name }) => name)).toEqual(['traffic', 'control']);
    const hold = (ratePerSec: number) => ({
      kind: 'open',
      phases: [{ kind: 'hold', ratePerSec, forUs: 10_000_000 }],
    });
    expect([loadOf(look, 'traffic'), loadOf(look, 'control')]).toEqual([hold(20), hold(0.4)]);
    expect(look.pass).toEqual([]);
    expect(look).not.toHaveProperty('look');
  });

  it('has less patience, and uses up no port that the load will want', () => {
    const traffic = armOf(lookOf(withLook('on'))!, 'traffic');
    expect([traffic.responseTimeoutUs, traffic.handshakeTimeoutUs, traffic.holdUs]).toEqual([
      5_000_000, 5_000_000, 0,
    ]);
    expect(traffic.source).toEqual({ addresses: [] });
  });

  it('comes from the same hosts, also from those that are emulated, by the same interface', () => {
    const source = '{ addresses: 10.1.0.0/22, emulate: true, interface: eth0, ports: 20000-20999 }';
    const scenario = scenarioOf(
      `  hosts: { source: ${source}, load: [{ hold: { rate: 500, for: 5m } }] }\nlook: on\n`,
    );
    expect(armOf(lookOf(scenario)!, 'hosts').source).toEqual({
      addresses: [{ kind: 'network', network: '10.1.0.0', prefix: 22 }],
      emulate: true,
      interface: 'eth0',
    });
  });

  it('is as much as the file says', () => {
    expect(lookOf(withLook('{ rate: 5, for: 2s }'))?.arms[0]?.load).toMatchObject({
      phases: [{ ratePerSec: 5, forUs: 2_000_000 }],
    });
  });

  it.each([
    ['off', {}],
    ['on', { rate: '20/s' }],
    ['on', { rate: '5/s' }],
    ['{ rate: 100/s }', { rate: '100/s' }],
  ])('is none where it is %s and the rate %j', (look, overrides) => {
    expect(lookOf(withLook(look, overrides))).toBeUndefined();
  });

  it.each(['{ rate: 101/s }', '{ for: 61s }', '{ for: 500ms }'])('is refused as %s', (look) => {
    expect(mistakesOf(() => withLook(look))).toEqual([expect.stringContaining('keep it at 100/s or less')]);
  });
});
