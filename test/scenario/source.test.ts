import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { loadAttempts, loadDurationUs } from '../../src/scenario/load-shape.ts';
import { armOf, mistakesOf, scenarioOf } from './support.ts';

const LOAD = 'load: { concurrency: 1, attempts: 1 }';
const sourceOf = (source: string) => armOf(scenarioOf(`  x: { ${LOAD}, source: ${source} }`), 'x').source;
const mistakes = (arm: string) => mistakesOf(() => scenarioOf(`  x: { ${arm} }`));

describe('the source of an arm', () => {
  it('is left to the system where nothing is said', () => {
    expect(armOf(scenarioOf(`  x: { ${LOAD} }`), 'x')).not.toHaveProperty('source');
  });

  it('takes addresses in every form, alone or as a list', () => {
    expect(sourceOf('{ addresses: 192.0.2.10 }')).toEqual({
      addresses: [{ kind: 'address', address: '192.0.2.10' }],
    });
    expect(sourceOf('{ addresses: [192.0.2.0/28, "2001:db8::/64", "interface:eth0.7", all] }')).toEqual({
      addresses: [
        { kind: 'network', network: '192.0.2.0', prefix: 28 },
        { kind: 'network', network: '2001:db8::', prefix: 64 },
        { kind: 'interface', name: 'eth0.7' },
        { kind: 'all' },
      ],
    });
  });

  it('may emulate addresses, by an interface', () => {
    const addresses = [{ kind: 'network', network: '10.1.0.0', prefix: 22 }];
    expect(sourceOf('{ addresses: 10.1.0.0/22, emulate: true, interface: eth0 }')).toEqual({
      ...{ addresses, emulate: true, interface: 'eth0' },
    });
    expect(sourceOf('{ addresses: 10.1.0.0/22, emulate: false }')).toEqual({ addresses });
    expect(sourceOf('{ interface: eth0.7 }')).toEqual({ addresses: [], interface: 'eth0.7' });
  });

  it.each([
    ['{ emulate: true }', 'emulate without addresses'],
    ['{ emulate: true, addresses: all }', 'emulate with addresses of this machine'],
    ['{ emulate: true, addresses: [10.1.0.0/22, "interface:eth0"] }', 'addresses of this machine'],
    ['{ interface: "eth0;reboot now" }', 'is not an interface name'],
    ['{ interface: ".." }', 'is not an interface name'],
    ['{ interface: sixteen-letters-x }', 'is not an interface name'],
  ])('refuses %s', (source, why) => {
    expect(mistakes(`${LOAD}, source: ${source}`).join()).toContain(why);
  });

  it('takes --emulate and --interface for every arm, with the ports that it has', () => {
    const arms = `
  own: { ${LOAD}, source: { addresses: 192.0.2.10, ports: 20000-20999 } }
  inherits: { ${LOAD} }`;
    const text = `schema: 1\ntarget: http://192.0.2.1/\ndefaults: { via: direct, source: { ports: 30000-30999 } }\narms:${arms}\n`;
    const scenario = parseScenario(text, 'x', {
      emulate: '10.1.0.1, 10.1.1.0/24',
      interface: 'eth0',
    });
    const addresses = [
      { kind: 'address', address: '10.1.0.1' },
      { kind: 'network', network: '10.1.1.0', prefix: 24 },
    ];
    expect(scenario.arms.map(({ source }) => [source?.ports?.range.from, { ...source, ports: 0 }])).toEqual(
      [20_000, 30_000].map((from) => [from, { addresses, emulate: true, interface: 'eth0', ports: 0 }]),
    );
  });

  it('takes ports, one after the other unless told otherwise', () => {
    const range = { from: 20_000, to: 20_999 };
    expect(sourceOf('{ ports: 20000-20999 }')).toEqual({
      addresses: [],
      ports: { range, order: 'sequential', reuseAfterUs: 0 },
    });
    expect(sourceOf('{ ports: 20000-20999, order: mru, reuseAfter: 2s }')?.ports).toEqual({
      ...{ range, order: 'mru', reuseAfterUs: 2_000_000 },
    });
    expect(sourceOf('{ ports: 20000-20999, reuseExactly: 1.5s }')?.ports).toEqual({
      ...{ range, order: 'sequential', reuseAfterUs: 1_500_000, reuseExactlyUs: 1_500_000 },
    });
  });

  it('is inherited whole, and not mixed with socket.bind', () => {
    const of = (defaults: string, own: string) =>
      armOf(
        parseScenario(
          `schema: 1\nproxy: p:1\ntarget: http://t/\ndefaults: { ${defaults} }\narms: { x: { ${LOAD}${own} } }`,
          'test',
        ),
        'x',
      );
    const inherited = of('source: { addresses: all, ports: 20000-20999 }', '');
    expect(inherited.source).toMatchObject({ addresses: [{ kind: 'all' }] });
    expect(of('source: { addresses: all, ports: 1-2 }', ', source: { addresses: 192.0.2.1 }').source).toEqual(
      {
        addresses: [{ kind: 'address', address: '192.0.2.1' }],
      },
    );
    const bound = of('source: { addresses: all }', ', socket: { bind: 192.0.2.1 }');
    expect([bound.source, bound.socket.bind]).toEqual([undefined, ['192.0.2.1']]);
    const sourced = of('socket: { bind: 192.0.2.1, tos: 8 }', ', source: { addresses: all }');
    expect(sourced.socket).toEqual({ tos: 8, bind: [] });
  });

  it.each([
    ['source: { addresses: nowhere }', '"nowhere" is not an IP address'],
    ['source: { addresses: 192.0.2.0/33 }', '"192.0.2.0/33" is not a network'],
    ['source: { ports: 2000-1000 }', '"2000-1000" is not a range of ports'],
    ['source: { order: newest, ports: 1-2 }', '"newest" is not one of sequential, random, mru, lru'],
    ['source: { addresses: all, order: mru }', 'order, reuseAfter or reuseExactly without ports'],
    ['source: { ports: 1-2, reuseAfter: 1s, reuseExactly: 1s }', 'exclude each other'],
    ['source: {}', 'an empty source'],
    [
      'source: { addresses: all }, socket: { bind: 192.0.2.1 }',
      'socket.bind and source both set where connections come from',
    ],
  ])('is refused as %s', (source, mistake) => {
    expect(mistakes(`${LOAD}, ${source}`)).toEqual([expect.stringContaining(mistake)]);
  });
});

describe('a sweep', () => {
  const SOURCE = 'source: { addresses: all, ports: 20000-20999 }';
  const sweepOf = (load: string) =>
    armOf(scenarioOf(`  x: { ${SOURCE}, load: { sweep: ${load} } }`), 'x').load;

  it('has a dozen pairs for each delay, ten attempts a second', () => {
    expect(sweepOf('{ delays: [2s, 0.3s, 2s] }')).toEqual({
      ...{ kind: 'sweep', delaysUs: [300_000, 2_000_000], pairs: 12, ratePerSec: 10 },
    });
  });

  it('takes delays that grow by a factor, the last one as written, and further ones', () => {
    const load = sweepOf(
      '{ delays: { from: 0.3s, to: 1s, factor: 1.5, also: [0.9s, 58s] }, pairs: 2, rate: 5/s }',
    );
    expect(load).toEqual({
      kind: 'sweep',
      delaysUs: [300_000, 450_000, 675_000, 900_000, 1_000_000, 58_000_000],
      pairs: 2,
      ratePerSec: 5,
    });
    expect([loadAttempts(load), loadDurationUs(load)]).toEqual([24, 58_800_000]);
  });

  it('is left as it is by --rate and --duration', () => {
    const { arms } = scenarioOf(
      `  x: { ${SOURCE}, load: { sweep: { delays: [1s] } } }\n  y: { load: [ { hold: { rate: 1/s, for: 1s } } ] }`,
      { rate: '500/s', duration: '10s' },
    );
    expect(arms[0]?.load).toMatchObject({ delaysUs: [1_000_000], ratePerSec: 10 });
    expect(arms[1]?.load).toMatchObject({ phases: [{ ratePerSec: 500, forUs: 10_000_000 }] });
  });

  it.each([
    ['load: { sweep: { delays: [1s] } }', 'a sweep needs two source addresses and a range of ports'],
    [
      'load: { sweep: { delays: [1s] } }, source: { addresses: 192.0.2.1, ports: 1-99 }',
      'a sweep from one address',
    ],
    [
      'load: { sweep: { delays: [1s, 2s], pairs: 5 } }, source: { addresses: all, ports: 1-9 }',
      '2 delays with 5 pairs each need 10 source ports; only 9',
    ],
    [
      `load: { sweep: { delays: [1s] } }, ${SOURCE}, close: reset`,
      'a sweep needs the far end to close first',
    ],
    [`load: { sweep: { delays: [1s] } }, ${SOURCE}, via: tcp`, 'a sweep needs the far end to close first'],
    [`load: { sweep: { delays: [1s], rate: 20/s } }, ${SOURCE}`, 'a sweep at this rate would be a load'],
    [
      `load: { sweep: { delays: { from: 2s, to: 1s, factor: 2 } } }, ${SOURCE}`,
      'the shortest delay is above the longest',
    ],
    [
      'load: { sweep: { delays: [1s] } }, source: { addresses: all, ports: 1-99, order: mru }',
      'a sweep uses each port once',
    ],
  ])('is refused as %s', (arm, mistake) => {
    expect(mistakes(arm)).toEqual([expect.stringContaining(mistake)]);
  });
});
