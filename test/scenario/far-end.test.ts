import { describe, expect, it } from 'vitest';
import { withFarEnd } from '../../src/scenario/far-end.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { mistakesIn, scenarioOf } from './support.ts';

const HOLD = 'load: [{ hold: { rate: 1/s, for: 1s } }]';
const ENDS = { proxy: { host: '127.0.0.1', port: 40_001 }, origin: { host: '127.0.0.1', port: 40_002 } };

describe('an embedded far end', () => {
  const text = `schema: 1\nfarEnd: embedded\ntarget: /x?n={nonce}\narms:\n  p: { ${HOLD} }\n  d: { via: direct, target: /own, ${HOLD} }\n  t: { via: tcp, ${HOLD} }`;

  it('needs nothing from the user, and is filled in once its ports are known', () => {
    const scenario = withFarEnd(parseScenario(text, 'x'), ENDS);
    expect(scenario.arms.map(({ name, proxy, target }) => ({ name, proxy, target }))).toEqual([
      { name: 'p', proxy: ENDS.proxy, target: { scheme: 'http', ...ENDS.origin, path: '/x?n={nonce}' } },
      { name: 'd', proxy: undefined, target: { scheme: 'http', ...ENDS.origin, path: '/own' } },
      { name: 't', proxy: undefined, target: { scheme: 'tcp', ...ENDS.proxy, path: '' } },
    ]);
    expect(Object.isFrozen(scenario.arms[0]?.target)).toBe(true);
  });

  it('is reached by TLS and through a tunnel where the scenario says so', () => {
    const tlsOrigin = { host: '127.0.0.1', port: 40_003 };
    const secured = `schema: 1\nfarEnd: embedded\ntarget: https:///x\narms:\n  t: { ${HOLD} }\n  d: { via: direct, ${HOLD} }\n  c: { via: tcp, ${HOLD} }`;
    const { arms } = withFarEnd(parseScenario(secured, 'x'), { ...ENDS, tlsOrigin });
    expect(arms.map(({ via, proxy, target, tls }) => [via, proxy?.port, target.port, tls?.insecure])).toEqual(
      [
        ['tunnel', 40_001, 40_003, true],
        ['direct', undefined, 40_003, true],
        ['tcp', undefined, 40_001, undefined],
      ],
    );
    expect(() => withFarEnd(parseScenario(secured, 'x'), ENDS)).toThrow(
      'arm t: the embedded far end does not support TLS',
    );
  });

  it('knows users and passwords, but nothing of Kerberos', () => {
    const asked = (scheme: string) =>
      `schema: 1\nfarEnd: embedded\narms:\n  a: { auth: { ${scheme} }, ${HOLD} }`;
    expect(parseScenario(asked('scheme: basic, credentials: { env: X }'), 'x').arms[0]?.auth?.to).toBe(
      'proxy',
    );
    expect(mistakesIn(asked('scheme: negotiate'))).toEqual([
      expect.stringContaining('does not support Kerberos'),
    ]);
  });

  it('brings its own addresses: others are mistakes, each reported once', () => {
    const bad = `schema: 1\nfarEnd: embedded\nproxy: p:1\ndefaults: { target: "http://t/", ${HOLD} }\narms:\n  a: {}\n  b: { target: "tcp://h:1" }`;
    expect(mistakesIn(bad).map((line) => line.replace(/ — .*/, ''))).toEqual([
      'bad.yaml:3:1: farEnd: embedded brings its own proxy',
      'bad.yaml:4:13: farEnd: embedded brings its own target',
      'bad.yaml:7:8: farEnd: embedded brings its own target',
    ]);
  });

  it('leaves a scenario with a real one as it is', () => {
    const scenario = scenarioOf(`  a: { ${HOLD} }`);
    expect(withFarEnd(scenario, ENDS)).toBe(scenario);
  });
});
