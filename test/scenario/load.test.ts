import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EXIT, UsageError } from '../../src/errors.ts';
import { DEFAULT_STALL_AFTER_US } from '../../src/outcome/stall.ts';
import { loadScenario, parseScenario } from '../../src/scenario/load.ts';
import { armOf, mistakesIn, mistakesOf, scenarioOf } from './support.ts';

const BROKEN = `schema: 2
descripton: x
proxy: user:secret@h:1
target: http://u:secret@h/
findings: [kne]
defaults: { stallafter: 2s, via: prox }
arms:
  stress one:
    load: []
  a:
    load:
      - hold: { rate: true, for: [30] }
      - hold: { rate: 0/s, fr: 30s }
      - { }
      - ramp: { from: 0/s, to: 1/s, for: 1s }
        hold: { rate: 1/s, for: 1s }
    expect: { statu: 200 }
    request: { version: 1.1, headers: { "X Y": "a", A: "b\\r\\nc", N: 5 } }
    socket: { tos: 999, bind: [1.2.3, 127.0.0.1] }
  b:
    load: { concurrency: 0 }
    close: pier
    close: fin
    expect: refusd
  c: { load: { concurrency: 10 } }
pass:
  - zz.stalled.rate < 0.1%
  - a.stalled.rte < 0.1%
  - a.handshakeUs.p99 < 50
  - b.unsent < 5%
  - nonsense
`;

describe('a broken scenario', () => {
  it('lists all of its mistakes at once, each with line, column and remedy', () => {
    expect(mistakesIn(BROKEN)).toEqual([
      'bad.yaml:1:9: the number 2 is not a known value of "schema" — write 1',
      'bad.yaml:2:1: unknown key "descripton" — did you mean "description"?',
      'bad.yaml:3:8: the proxy contains credentials, which would end up in results and process lists — remove everything up to the @',
      'bad.yaml:4:9: the target contains credentials, which would end up in results and process lists — remove everything up to the @',
      'bad.yaml:5:12: "kne" is not one of knee, cut-age, reuse-band, nat-pool, state-table — did you mean "knee"?',
      'bad.yaml:6:13: unknown key "stallafter" — did you mean "stallAfter"?',
      'bad.yaml:6:34: "prox" is not one of proxy, tunnel, direct, tcp, icmp — did you mean "proxy"?',
      'bad.yaml:8:3: "stress one" is not a valid arm name — use up to 40 letters, digits, - and _',
      'bad.yaml:9:11: "load" is an empty list — add at least one',
      'bad.yaml:12:23: the boolean true does not belong in "rate" — Attempts per unit of time, over all workers (such as 500/s, 30/min, 500)',
      'bad.yaml:12:34: a list does not belong in "for" — How long to keep the rate (such as 30s, 250ms, 2m, 30)',
      'bad.yaml:13:15: "for" is missing — add it: How long to keep the rate (such as 30s, 250ms, 2m, 30)',
      'bad.yaml:13:23: "0/s" must be above 0 — for a pause use an idle phase',
      'bad.yaml:13:28: unknown key "fr" — did you mean "for"?',
      'bad.yaml:14:9: a phase is empty — give each phase its own "- " with one of ramp, hold, step, idle',
      'bad.yaml:15:9: a phase is ramp and hold at the same time — give each phase its own "- " with one of ramp, hold, step, idle',
      'bad.yaml:17:13: an empty expectation — add status, body, bytes or header',
      'bad.yaml:17:15: unknown key "statu" — did you mean "status"?',
      'bad.yaml:18:25: the number 1.1 is not one of 1.0, 1.1 — write one of them, in quotes',
      'bad.yaml:18:41: "X Y" is not a header name — use letters, digits and hyphens',
      'bad.yaml:18:56: a header contains a line break — write one header per line, each under its own name',
      'bad.yaml:18:69: a number that is not shown here does not belong in "N" — Value of a header; in quotes if it looks like a number',
      'bad.yaml:19:20: the number 999 is out of range for "tos" — write 0 to 255',
      'bad.yaml:19:32: "1.2.3" is not an IP address — give an address of this machine, such as 192.0.2.10',
      'bad.yaml:21:26: the number 0 is out of range for "concurrency" — write 1 or more',
      'bad.yaml:23:5: this key appears twice — keep one of them',
      'bad.yaml:24:13: "refusd" is not one of refused, established — did you mean "refused"?',
      'bad.yaml:25:14: a closed loop without an end — add attempts: or for:, or both',
      'bad.yaml:27:5: there is no arm "zz" — known: stress one, a, b, c',
      'bad.yaml:28:5: there is no figure "stalled.rte" — did you mean "stalled.rate"?',
      'bad.yaml:29:5: "50" is not a bound for handshakeUs.p99 — this figure is a time: write it with its unit, such as 50ms',
      'bad.yaml:30:5: "5%" is not a bound for unsent — this figure is a count: write a plain number',
      'bad.yaml:31:5: "nonsense" is not a criterion — write <arm>.<figure> <operator> <bound>, such as stress.stalled.rate < 0.1%',
    ]);
  });

  it('is a usage error that counts them and names the scenario', () => {
    expect(() => parseScenario(BROKEN, 'bad')).toThrow(UsageError);
    expect(() => parseScenario(BROKEN, 'bad')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^scenario bad has 33 mistakes:\n/),
        hint: 'docs/scenarios.md describes every key',
        exitCode: EXIT.usage,
      }),
    );
  });

  it.each([
    'constructor',
    'toString',
    'hasOwnProperty',
    '__proto__',
    '__defineGetter__',
  ])('may not call an arm %s, which every object of JavaScript has already', (name) => {
    const text = `schema: 1\nproxy: a:1\ntarget: http://b/\narms:\n  ${name}: { load: { concurrency: 1, attempts: 1 } }`;
    expect(mistakesIn(text)).toEqual([
      `bad.yaml:5:3: "${name}" is not a valid arm name — JavaScript reserves it: choose another name`,
    ]);
  });

  it('never repeats a secret', () => {
    expect(mistakesIn(BROKEN).join('\n')).not.toContain('secret');
  });

  it('is called by the file it came from', () => {
    const [first] = mistakesOf(() => parseScenario('schema: 1', 'x', {}, './mine/x.yml'));
    expect(first).toMatch(/^\.\/mine\/x\.yml:1:1: "arms" is missing/);
  });

  it.each([
    ['', 'bad.yaml:1:1: the file is empty'],
    ['- 1', 'bad.yaml:1:1: a list does not belong in "the file"'],
    ['schema: 1\narms: {}', 'bad.yaml:2:7: there are no arms'],
    ['schema: 1\narms: { a: ~ }', 'bad.yaml:2:12: nothing does not belong in "a"'],
    ['a: [1\nb: 2', 'bad.yaml:2:1: not YAML: Flow sequence'],
    ['schema: 1\n\tarms: {}', 'bad.yaml:2:1: not YAML: Tabs'],
    [
      'pass:\n  - *.unsent == 0',
      'bad.yaml:2:5: text that starts with * is read as an alias, but there is no anchor of that name — put it in quotes',
    ],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${Array(9).fill('*a')}]\nc: &c [${Array(9).fill('*b')}]\nd: [${Array(9).fill('*c')}]`,
      'bad.yaml:1:1: far too many aliases — write the values out',
    ],
  ])('says so where there is hardly a file: %j', (text, mistake) => {
    expect(mistakesIn(text)).toEqual([expect.stringContaining(mistake)]);
  });
});

describe('an arm that makes no sense', () => {
  const inArms = (arms: string) => mistakesOf(() => scenarioOf(arms));
  const load = 'load: [{ hold: { rate: 1/s, for: 1s } }]';

  it.each([
    [
      'stalls that no handshake lives to see',
      `  a: { stallAfter: 10s, ${load} }`,
      ':5:8: arm a: every handshake would time out before it counts as stalled',
    ],
    [
      'a request that is never sent',
      `  a: { via: tcp, request: { method: GET }, ${load} }`,
      ':5:18: arm a: via: tcp sends no request',
    ],
    [
      'a status that is never read',
      `  a: { via: tcp, expect: { status: 200 }, ${load} }`,
      ':5:18: arm a: via: tcp receives no status',
    ],
    ['no load', '  a: { via: tcp }', ':5:3: arm a: "load" is missing'],
    [
      'no rate',
      '  a: { load: [{ ramp: { from: 0/s, to: 0/s, for: 1s } }, { idle: { for: 1s } }] }',
      ':5:14: arm a: a load with a rate of 0 throughout',
    ],
    [
      'a request to what cannot answer it',
      `  a: { target: "tcp://h:1", via: direct, ${load} }`,
      ':5:8: arm a: via: direct cannot send a request to a tcp:// target',
    ],
    ['a target without a host', `  a: { target: /x, ${load} }`, ':5:16: a target without a host'],
    [
      'CONNECT',
      `  a: { request: { method: CONNECT }, ${load} }`,
      ':5:27: CONNECT is not a request method here',
    ],
    [
      'steps without number',
      '  a: { load: [{ step: { from: 1/s, to: 40000/s, by: 1/s, each: 1ms } }] }',
      ':5:23: arm a: a step with far too many levels',
    ],
  ])('is refused: %s', (_, arms, mistake) => {
    expect(inArms(arms)).toEqual([expect.stringContaining(mistake)]);
  });

  it('does not hide what is wrong with another', () => {
    expect(inArms(`  a: { stallAfter: 10s, ${load} }\n  b: { closed: peer, ${load} }\n  c: {}`)).toHaveLength(
      3,
    );
  });
});

describe('bounds', () => {
  const bounded = (arms: string, overrides = {}) => mistakesOf(() => scenarioOf(arms, overrides));

  it.each([
    [
      '  a: { load: [{ hold: { rate: 50001/s, for: 1s } }] }',
      'arm a: a rate of 50001/s exceeds the limit of 50000/s — lower the rate',
    ],
    [
      '  a: { load: [{ hold: { rate: 1/s, for: 25h } }] }',
      'arm a: 25h exceeds the limit of 24h — shorten it',
    ],
    [
      '  a: { load: [{ hold: { rate: 40k/s, for: 1h } }] }',
      'arm a: 144,000,000 attempts exceeds the limit of 50,000,000 attempts',
    ],
    [
      '  a: { load: { concurrency: 60001, attempts: 1 } }',
      'arm a: a concurrency of 60,001 exceeds the limit of 60,000 — lower concurrency',
    ],
    ['  a: { load: { concurrency: 1, attempts: 50000001 } }', 'arm a: 50,000,001 attempts exceeds'],
    ['  a: { hold: 25h, load: { concurrency: 1, attempts: 1 } }', 'arm a: 25h exceeds'],
  ])('hold for one arm: %s', (arms, mistake) => {
    expect(bounded(arms)).toEqual([expect.stringContaining(`:5:8: ${mistake}`.slice(5))]);
  });

  it('hold for all arms together', () => {
    const half = 'load: [{ hold: { rate: 30k/s, for: 1s } }]';
    expect(bounded(`  a: { ${half} }\n  b: { ${half} }`)).toEqual([
      'test.yaml:5:3: a rate of 60000/s over all arms exceeds the limit of 50000/s — lower the rate',
    ]);
  });

  it('name the flag where a flag is to blame', () => {
    const arms = '  a: { load: [{ hold: { rate: 1/s, for: 1s } }] }';
    expect(bounded(arms, { rate: '60k/s' })).toEqual([
      expect.stringMatching(/^--rate: arm a: a rate of 60000\/s/),
    ]);
    expect(bounded(arms, { duration: '30h' })).toEqual([
      expect.stringMatching(/^--duration: arm a: 30h exceeds/),
    ]);
  });

  it('let through what is just within', () => {
    expect(scenarioOf('  a: { load: [{ hold: { rate: 50k/s, for: 1000s } }] }').arms).toHaveLength(1);
  });
});

describe('a sound scenario', () => {
  it('comes out whole, in seconds turned to microseconds', () => {
    const scenario = parseScenario(
      `schema: 1
description: One line.
proxy: proxy.example:3128
target: http://www.example.org/page?n={nonce}
findings: [knee]
arms:
  stress:
    request: { method: POST, version: "1.0", headers: { Accept: "*/*", X: [a, b] }, body: hi }
    expect: { status: [200, 204] }
    load:
      - ramp: { from: 0/s, to: 500/s, for: 5s }
      - hold: { rate: 30/min, for: 30s }
      - step: { from: 100/s, to: 1000/s, by: 100/s, each: 5s }
      - idle: { for: 3s }
    timeouts: { handshake: 7s, response: 8s }
    stallAfter: 1.5s
    close: reset
    hold: 250ms
    socket: { tos: 0xb8, mss: 1400, synCount: 3, bind: 127.0.0.2 }
pass: ["*.unsent == 0"]
`,
      'whole',
    );
    expect(scenario).toEqual({
      schema: 1,
      name: 'whole',
      description: 'One line.',
      farEnd: 'none',
      findings: ['knee'],
      pass: [{ text: '*.unsent == 0', arm: '*', path: ['unsent'], operator: '==', bound: 0 }],
      arms: [
        {
          name: 'stress',
          via: 'proxy',
          proxy: { host: 'proxy.example', port: 3128 },
          target: { scheme: 'http', host: 'www.example.org', port: 80, path: '/page?n={nonce}' },
          request: {
            method: 'POST',
            version: '1.0',
            headers: [
              ['Accept', '*/*'],
              ['X', 'a'],
              ['X', 'b'],
            ],
            body: 'hi',
          },
          expect: { kind: 'status', statuses: [200, 204] },
          load: {
            kind: 'open',
            phases: [
              { kind: 'ramp', fromPerSec: 0, toPerSec: 500, forUs: 5_000_000 },
              { kind: 'hold', ratePerSec: 0.5, forUs: 30_000_000 },
              { kind: 'step', fromPerSec: 100, toPerSec: 1_000, byPerSec: 100, eachUs: 5_000_000 },
              { kind: 'idle', forUs: 3_000_000 },
            ],
          },
          handshakeTimeoutUs: 7_000_000,
          responseTimeoutUs: 8_000_000,
          stallAfterUs: 1_500_000,
          close: 'reset',
          holdUs: 250_000,
          socket: { tos: 184, mss: 1_400, synCount: 3, bind: ['127.0.0.2'] },
        },
      ],
    });
  });

  it('is frozen to the last leaf', () => {
    const scenario = scenarioOf('  a: { load: [{ hold: { rate: 1/s, for: 1s } }] }');
    const thaw = (value: unknown): unknown[] =>
      typeof value !== 'object' || value === null
        ? []
        : [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(thaw)];
    expect(thaw(scenario)).toEqual([]);
  });

  it('has defaults for what it leaves out', () => {
    const scenario = scenarioOf(
      '  a: { load: { concurrency: 1, attempts: 1 } }\n  b: { via: tcp, load: { concurrency: 2, for: 1s } }',
    );
    expect(armOf(scenario, 'a')).toEqual({
      name: 'a',
      via: 'proxy',
      proxy: { host: 'proxy.example', port: 3128 },
      target: { scheme: 'http', host: 'www.example.org', port: 80, path: '/' },
      request: { method: 'GET', version: '1.1', headers: [], body: '' },
      expect: { kind: 'status', statuses: [200] },
      load: { kind: 'closed', concurrency: 1, attempts: 1 },
      handshakeTimeoutUs: 10_000_000,
      responseTimeoutUs: 15_000_000,
      stallAfterUs: DEFAULT_STALL_AFTER_US,
      close: 'peer',
      holdUs: 0,
      socket: { bind: [] },
    });
    expect(armOf(scenario, 'b')).toMatchObject({
      expect: { kind: 'established' },
      load: { kind: 'closed', concurrency: 2, forUs: 1_000_000 },
      close: 'fin',
    });
  });

  it('lets arms inherit, and merges request, timeouts and socket key by key', () => {
    const scenario = parseScenario(
      `schema: 1
defaults:
  via: direct
  target: http://www.example.org/
  request: { method: HEAD, headers: { A: a } }
  timeouts: { handshake: 3s }
  socket: { tos: 8, mss: 500 }
  load: { concurrency: 1, attempts: 1 }
arms:
  plain: {}
  own:
    target: http://other.example/
    request: { headers: { B: b } }
    timeouts: { response: 4s }
    socket: { mss: 600 }
    load: { concurrency: 2, for: 1s }
`,
      'inherit',
    );
    expect(armOf(scenario, 'plain').target.host).toBe('www.example.org');
    expect(armOf(scenario, 'own')).toMatchObject({
      via: 'direct',
      target: { host: 'other.example' },
      request: { method: 'HEAD', headers: [['B', 'b']] },
      handshakeTimeoutUs: 3_000_000,
      responseTimeoutUs: 4_000_000,
      socket: { tos: 8, mss: 600, bind: [] },
      load: { kind: 'closed', concurrency: 2, forUs: 1_000_000 },
    });
    expect(armOf(scenario, 'own').load).not.toHaveProperty('attempts');
  });
});

describe('a scenario file in another encoding than UTF-8', () => {
  it('is refused by file and line: its text would be sent as something else', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-encoding-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const path = join(dir, 'ansi.yaml');
    writeFileSync(path, Buffer.from('schema: 1\narms:\n  # M\xfcller\n', 'latin1'));
    await expect(loadScenario(path, [])).rejects.toThrow(`${path}, line 3 is not UTF-8`);
    await expect(loadScenario(path, [])).rejects.toBeInstanceOf(UsageError);
  });
});
