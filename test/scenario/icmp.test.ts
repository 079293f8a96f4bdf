import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../src/engine/registry.ts';
import { EnvironmentError } from '../../src/errors.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { checkPings } from '../../src/session/load/check-pings.ts';
import type { PlannedArm } from '../../src/worker/protocol.ts';

const scenario = (arm: string) => `schema: 1
proxy: proxy.example:3128
target: http://www.example.org/
arms: { only: { ${arm} load: { concurrency: 1, attempts: 1 } } }
`;

describe('an arm that pings', () => {
  it('goes to the proxy if there is one, as one that only connects does', () => {
    const [arm] = parseScenario(scenario('via: icmp,'), 'mine').arms;
    expect(arm).toMatchObject({
      via: 'icmp',
      target: { host: 'proxy.example' },
      expect: { kind: 'established' },
    });
    expect(parseScenario(scenario(''), 'mine', { via: 'icmp' }).arms[0]?.via).toBe('icmp');
  });

  it.each([
    ['source: { ports: 20000-20100 },', 'pings have no ports'],
    ['hold: 5s,', 'pings hold nothing'],
    ['expect: refused,', 'pings are not refused'],
    ['socket: { mss: 1000 },', 'options of TCP sockets do not apply to pings'],
    ['request: { method: GET },', 'via: icmp sends no request'],
    ['expect: { status: [200] },', 'via: icmp receives no status'],
    ['client: windows-11,', 'a ping is nobody'],
    [
      'auth: { scheme: basic, credentials: { env: USERS } },',
      'via: icmp sends no request, so it needs no credentials',
    ],
  ])('%s is refused: %s', (keys, why) => {
    expect(() => parseScenario(scenario(`via: icmp, ${keys}`), 'mine')).toThrow(why);
  });

  it('is beyond the packet engine', () => {
    const [arm] = parseScenario(scenario('via: icmp,'), 'mine').arms;
    expect(ENGINES.packet.cannot(arm!)).toBe('pings');
    expect(ENGINES.raw.cannot(arm!)).toBeUndefined();
  });

  it('is refused before any load if this machine may not ping, with the remedy', () => {
    const [arm] = parseScenario(scenario('via: icmp,'), 'mine').arms;
    const planned = {
      ...{ arm, sources: [], endpoints: [{ address: '192.0.2.1', family: 4, port: 3128 }] },
    } as unknown as PlannedArm;
    const EACCES = 13;
    expect(() => checkPings([planned], () => EACCES)).toThrow(EnvironmentError);
    try {
      checkPings([planned], () => EACCES);
    } catch (error) {
      expect((error as EnvironmentError).hint).toContain('net.ipv4.ping_group_range');
    }
  });
});
