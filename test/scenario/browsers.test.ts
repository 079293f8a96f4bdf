import { describe, expect, it } from 'vitest';
import { loadOf, mistakesOf, scenarioOf } from './support.ts';

describe('a population of browsers', () => {
  it('has connections, pauses and pages like Chromium’s unless told otherwise', () => {
    expect(loadOf(scenarioOf('  a: { load: { browsers: 30, for: 5m } }'), 'a')).toEqual({
      kind: 'browsers',
      profile: 'chromium',
      browsers: 30,
      rampUs: 0,
      forUs: 300_000_000,
      connections: 6,
      thinkUs: 10_000_000,
      idleUs: 300_000_000,
      page: { objects: 40, paths: [], hosts: [] },
    });
  });

  it('is what it is told to be, and lasts as long as --duration says', () => {
    const arm =
      '  a: { load: { browsers: 2, connections: 8, think: 1s, for: 5m, ramp: 30s, idle: 20s, page: { objects: 3, paths: ["/i/{object}?{nonce}"] } } }';
    expect(loadOf(scenarioOf(arm, { duration: '1m' }), 'a')).toEqual({
      kind: 'browsers',
      profile: 'chromium',
      browsers: 2,
      // A fifth of the time, a fifth of the ramp: all of them come.
      rampUs: 6_000_000,
      forUs: 60_000_000,
      connections: 8,
      thinkUs: 1_000_000,
      idleUs: 20_000_000,
      page: { objects: 3, paths: ['/i/{object}?{nonce}'], hosts: [] },
    });
  });

  const BROWSERS = 'load: { browsers: 1, for: 1s }';
  it.each([
    ['load: { browsers: 0, for: 1s }', 'the number 0 is out of range for "browsers"', '1 or more'],
    ['load: { browsers: 1 }', '"for" is missing', 'add it'],
    [
      'load: { browsers: 30, for: 8s, ramp: 2m }',
      'of 30 browsers that begin within 2m, only part would do so in 8s',
      'shorten load.ramp',
    ],
    [
      'load: { browsers: 1, for: 1s, page: { hosts: 0 } }',
      'the number 0 is out of range for "hosts"',
      'write 1 to 1000',
    ],
    ['load: { browsers: 1, for: 1s, page: { hosts: [] } }', '"hosts" is an empty list', 'at least one'],
    [
      'load: { browsers: 1, for: 1s, conections: 6 }',
      'unknown key "conections"',
      'did you mean "connections"?',
    ],
    ['load: { browsers: 1, for: 1s, connections: 33 }', 'the number 33 is out of range', '1 to 32'],
    ['load: { browsers: 1, for: 1s, page: { paths: [x.png] } }', '"x.png" is not a path', 'start it with /'],
    [
      'load: { browsers: 1, for: 1s, page: { hosts: ["http://x/"] } }',
      '"http://x/" is not a host',
      'page.paths',
    ],
    [
      'load: { browsers: 1, for: 1s, page: { hosts: ["c{9-1}.x"] } }',
      'a pattern of -7 hosts',
      'lowest number',
    ],
    ['load: { browsers: 1, for: 1s, page: { hosts: ["a:0"] } }', '0 is not a port', '1-65535'],
    ['load: { browsers: 1, for: 1s, page: { host: [x] } }', 'unknown key "host"', 'did you mean "hosts"?'],
    [
      `load: { browsers: 1, for: 1s, page: { hosts: [x] } }, via: direct`,
      'page.hosts needs a proxy',
      'via: proxy',
    ],
    ['load: { browsers: 1, for: 1s, profile: firefix }', '"firefix" is not', 'firefox'],
    [
      'load: { browsers: 1, for: 1s, profile: firefox, connections: 6 }',
      '"connections" does not apply to Firefox, which keeps up to 32 to a proxy and 6 to an origin',
      'remove connections',
    ],
    ['load: { browsers: 10001, for: 1s }', 'a concurrency of 60,006 exceeds the limit', 'lower'],
    ['load: { browsers: 1, for: 25h }', '25h exceeds the limit', 'shorten'],
    [`${BROWSERS}, via: tcp`, 'browsers open pages, which need HTTP', 'via: proxy'],
    [`${BROWSERS}, close: reset`, '"close" does not apply to browsers', 'load.idle'],
    [`${BROWSERS}, hold: 5s`, '"hold" does not apply to browsers', 'load.idle'],
    [`${BROWSERS}, prove: 5s`, '"prove" does not apply to browsers', 'load.idle'],
    [
      `${BROWSERS}, request: { version: "1.0" }`,
      'HTTP/1.0 does not keep connections open',
      'request.version',
    ],
    [`${BROWSERS}, via: tunnel`, 'browsers ask for tunnels to https:// targets alone', 'via: proxy'],
    [
      `${BROWSERS}, request: { headers: { Connection: close } }`,
      'browsers set Connection themselves',
      'remove the header',
    ],
    [`${BROWSERS}, request: { method: POST }`, 'browsers only send GET', 'request.method'],
  ])('is refused with a remedy: %s', (arm, why, fix) => {
    const found = mistakesOf(() => scenarioOf(`  a: { ${arm} }`));
    expect(found).toEqual([expect.stringContaining(why)]);
    expect(found[0]).toMatch(/:5:\d+: /);
    expect(found[0]).toContain(fix);
  });

  it('may come from source ports of the scenario’s choice', () => {
    const { arms } = scenarioOf(`  a: { ${BROWSERS}, source: { ports: 20000-20999, order: random } }`);
    expect(arms[0]!.source?.ports).toMatchObject({ range: { from: 20_000, to: 20_999 }, order: 'random' });
  });

  it('keeps idle connections as long as its profile does', () => {
    const arm = '  a: { load: { browsers: 1, for: 5m, profile: firefox } }';
    expect(loadOf(scenarioOf(arm), 'a')).toMatchObject({ profile: 'firefox', idleUs: 115_000_000 });
  });

  it('has objects on hosts that patterns stand for, on the target’s port unless they have their own', () => {
    const arm =
      '  a: { load: { browsers: 2, for: 5m, page: { hosts: ["cdn{8-10}.example", "127.0.0.{2-3}:8080", "[::1]"] } } }';
    expect(loadOf(scenarioOf(arm), 'a')).toMatchObject({
      page: {
        hosts: [
          ...['cdn8.example', 'cdn9.example', 'cdn10.example'].map((host) => ({ host })),
          ...['127.0.0.2', '127.0.0.3'].map((host) => ({ host, port: 8080 })),
          { host: '::1' },
        ],
      },
    });
  });

  it('has as many hosts as a number says, with the target in their place', () => {
    const arm = '  a: { load: { browsers: 2, for: 5m, page: { objects: 9, hosts: 3 } } }';
    expect(loadOf(scenarioOf(arm), 'a')).toMatchObject({
      page: { hosts: [{ standIn: 0 }, { standIn: 1 }, { standIn: 2 }] },
    });
    expect(mistakesOf(() => scenarioOf(arm.replace('hosts: 3', 'hosts: 0')))).toHaveLength(1);
  });

  it('has no rate to change', () => {
    expect(mistakesOf(() => scenarioOf(`  a: { ${BROWSERS} }`, { rate: '5/s' }))).toEqual([
      expect.stringContaining('no arm has a rate: all are closed loops or browsers'),
    ]);
  });
});
