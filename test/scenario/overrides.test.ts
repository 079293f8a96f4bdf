import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import type { Overrides } from '../../src/scenario/overrides.ts';
import { armOf, loadOf, mistakesIn, mistakesOf, scenarioOf } from './support.ts';

const HOLD = 'load: [{ hold: { rate: 1/s, for: 1s } }]';
const ENDS = { proxy: 'other:1', target: 'http://else.example/x' };

describe('--proxy and --target', () => {
  it('supply what a file leaves open', () => {
    const text = `schema: 1\narms: { a: { ${HOLD} } }`;
    expect(mistakesIn(text)).toEqual([
      'bad.yaml:2:9: arm a: no proxy — give --proxy host:port, or set proxy: in the file',
      'bad.yaml:2:9: arm a: no target — give --target http://host/path (https://host/path for TLS, tcp://host:port for via: tcp), or set target: in the file',
    ]);
    const arm = armOf(parseScenario(text, 'x', ENDS), 'a');
    expect([arm.proxy, arm.target]).toEqual([
      { host: 'other', port: 1 },
      { scheme: 'http', host: 'else.example', port: 80, path: '/x' },
    ]);
  });

  it('replace the file’s own and those of its defaults, but not an arm’s', () => {
    const text = `schema: 1\nproxy: p:1\ntarget: http://t/\ndefaults: { proxy: q:1, ${HOLD} }\narms:\n  a: {}\n  b: { proxy: own:7, target: "http://own/" }`;
    const scenario = parseScenario(text, 'x', ENDS);
    expect(armOf(scenario, 'a')).toMatchObject({
      proxy: { host: 'other' },
      target: { host: 'else.example' },
    });
    expect(armOf(scenario, 'b')).toMatchObject({ proxy: { host: 'own' }, target: { host: 'own' } });
  });

  it('are mistakes where they change nothing', () => {
    const arms = `  a: { proxy: own:7, target: "http://own/", ${HOLD} }`;
    expect(mistakesOf(() => scenarioOf(arms, ENDS))).toEqual([
      '--proxy: no arm uses this proxy — add --via proxy (or tunnel), or use --set arms.<arm>.proxy=<host:port>',
      '--target: no arm uses this target — remove it, write tcp://host:port for via: tcp, or use --set arms.<arm>.target=<URL>',
    ]);
  });

  it('are blamed themselves where they are wrong', () => {
    expect(
      mistakesOf(() => scenarioOf(`  a: { ${HOLD} }`, { proxy: 'nowhere', target: 'ftp://h/' })),
    ).toEqual([
      '--proxy: the proxy "nowhere" has no port — add it, such as nowhere:3128',
      expect.stringMatching(/^--target: "ftp:\/\/h\/" is not a target/),
    ]);
  });

  it('take the place of an embedded far end', () => {
    const text = `schema: 1\nfarEnd: embedded\narms: { a: { ${HOLD} } }`;
    expect(parseScenario(text, 'x', ENDS).farEnd).toBe('none');
    expect(mistakesIn(text, { proxy: 'other:1' })).toEqual([expect.stringContaining('arm a: no target')]);
  });
});

describe('--via', () => {
  const arms = `  http: { request: { method: GET }, expect: { status: 200 }, ${HOLD} }\n  control: { via: tcp, ${HOLD} }`;
  const vias = (overrides: Overrides) => scenarioOf(arms, overrides).arms.map(({ name, via }) => [name, via]);

  it('sends requests another way and leaves bare connections alone', () => {
    expect(vias({ via: 'direct' })).toEqual([
      ['http', 'direct'],
      ['control', 'tcp'],
    ]);
    expect(armOf(scenarioOf(arms, { via: 'direct' }), 'http')).not.toHaveProperty('proxy');
  });

  it('makes every arm a bare connection, without what only HTTP has', () => {
    expect(vias({ via: 'tcp' })).toEqual([
      ['http', 'tcp'],
      ['control', 'tcp'],
    ]);
    expect(armOf(scenarioOf(arms, { via: 'tcp' }), 'http').expect).toEqual({ kind: 'established' });
  });
});

describe('an arm via tcp', () => {
  const targetIn = (top: string, own = '') =>
    parseScenario(`schema: 1\n${top}arms: { a: { via: tcp, ${own} ${HOLD} } }`, 'x').arms[0]?.target;

  it('connects to its own target, else to the proxy, else to the scenario’s target', () => {
    const both = 'proxy: p:1\ntarget: http://t/x\n';
    expect(targetIn(both, 'target: "tcp://own:9",')).toEqual({
      scheme: 'tcp',
      host: 'own',
      port: 9,
      path: '',
    });
    expect(targetIn(both)).toEqual({ scheme: 'tcp', host: 'p', port: 1, path: '' });
    expect(targetIn('target: http://t/x\n')).toEqual({ scheme: 'tcp', host: 't', port: 80, path: '' });
  });

  it('prefers a tcp:// target to the proxy', () => {
    const text = `schema: 1\nproxy: p:1\narms: { a: { ${HOLD} } }`;
    expect(parseScenario(text, 'x', { target: 'tcp://t:5' }).arms[0]).toMatchObject({
      via: 'tcp',
      target: { host: 't', port: 5 },
    });
  });

  it('never takes the proxy’s own port for one that should refuse', () => {
    const text = `schema: 1\nproxy: p:1\narms: { a: { via: tcp, expect: refused, ${HOLD} } }`;
    expect(mistakesIn(text)).toEqual([expect.stringContaining('arm a: no target — give --target')]);
  });

  it('can do with a proxy or a target', () => {
    expect(mistakesIn(`schema: 1\narms: { a: { via: tcp, ${HOLD} } }`)).toEqual([
      expect.stringContaining(
        'arm a: nothing to connect to — give --proxy host:port, or --target tcp://host:port',
      ),
    ]);
  });
});

const ARMS = `  main:
    load:
      - ramp: { from: 50/s, to: 500/s, for: 5s }
      - hold: { rate: 500/s, for: 30s }
      - idle: { for: 2s }
      - step: { from: 100/s, to: 300/s, by: 100/s, each: 10s }
  control: { via: tcp, load: [{ hold: { rate: 5/s, for: 30s } }] }
  loop: { load: { concurrency: 3, attempts: 9 } }`;

describe('--rate', () => {
  it('becomes the highest rate; all others keep their proportion to it', () => {
    const scenario = scenarioOf(ARMS, { rate: '2000/s' });
    expect(loadOf(scenario, 'main')).toEqual({
      kind: 'open',
      phases: [
        { kind: 'ramp', fromPerSec: 200, toPerSec: 2_000, forUs: 5_000_000 },
        { kind: 'hold', ratePerSec: 2_000, forUs: 30_000_000 },
        { kind: 'idle', forUs: 2_000_000 },
        { kind: 'step', fromPerSec: 400, toPerSec: 1_200, byPerSec: 400, eachUs: 10_000_000 },
      ],
    });
    expect(loadOf(scenario, 'control')).toMatchObject({ phases: [{ ratePerSec: 20 }] });
    expect(loadOf(scenario, 'loop')).toEqual({ kind: 'closed', concurrency: 3, attempts: 9 });
  });

  it.each([
    ['0/s', '--rate: "0/s" must be above 0'],
    ['fast', '--rate: "fast" is not a rate'],
  ])('cannot be %s', (rate, mistake) => {
    expect(mistakesOf(() => scenarioOf(ARMS, { rate }))).toEqual([expect.stringContaining(mistake)]);
  });

  it('is a mistake where nothing has a rate', () => {
    expect(
      mistakesOf(() => scenarioOf('  a: { load: { concurrency: 1, attempts: 1 } }', { rate: '5/s' })),
    ).toEqual([
      '--rate: no arm has a rate: all are closed loops or browsers — use --set arms.<arm>.load.concurrency=<count>, or .browsers=<count>',
    ]);
  });
});

describe('--duration', () => {
  it('is how long holds and steps last together, shared as before', () => {
    const scenario = scenarioOf(ARMS, { duration: '2m' });
    expect(loadOf(scenario, 'main')).toMatchObject({
      phases: [
        { kind: 'ramp', forUs: 5_000_000 },
        { kind: 'hold', ratePerSec: 500, forUs: 60_000_000 },
        { kind: 'idle', forUs: 2_000_000 },
        { kind: 'step', toPerSec: 300, eachUs: 20_000_000 },
      ],
    });
    expect(loadOf(scenario, 'control')).toMatchObject({ phases: [{ forUs: 120_000_000 }] });
  });

  it('ends a closed loop by time, whatever its count was', () => {
    expect(loadOf(scenarioOf(ARMS, { duration: '2m' }), 'loop')).toEqual({
      kind: 'closed',
      concurrency: 3,
      forUs: 120_000_000,
    });
  });
});

describe('--set', () => {
  const set = (...assignments: string[]) => scenarioOf(ARMS, { set: assignments });

  it('puts any value anywhere, maps on the way included', () => {
    const scenario = set(
      'arms.main.close=reset',
      'defaults.stallAfter=2s',
      'arms.main.load.1.hold.rate=7/s',
      'arms.main.socket.bind=[127.0.0.2, 127.0.0.3]',
      'pass=["*.unsent == 0"]',
      'arms.main.request.headers={A: b=c}',
    );
    const main = armOf(scenario, 'main');
    expect(main).toMatchObject({
      close: 'reset',
      stallAfterUs: 2_000_000,
      socket: { bind: ['127.0.0.2', '127.0.0.3'] },
    });
    expect(main.request.headers).toEqual([['A', 'b=c']]);
    expect(main.load).toMatchObject({ phases: [{}, { ratePerSec: 7 }, {}, {}] });
    expect(armOf(scenario, 'control').stallAfterUs).toBe(2_000_000);
    expect(scenario.pass).toHaveLength(1);
  });

  it('lets the later of two win', () => {
    expect(armOf(set('arms.main.close=reset', 'arms.main.close=fin'), 'main').close).toBe('fin');
  });

  it('is blamed where it is wrong', () => {
    const mistakes = mistakesOf(() =>
      set(
        'x',
        '=1',
        'arms.man.close=fin',
        'arms.main.close=pier',
        'arms.main.cloze=fin',
        'arms.main.close.deep=1',
        'description={',
      ),
    );
    expect(mistakes).toEqual([
      '--set x: not an assignment — write key=value, such as arms.stress.close=reset',
      '--set [redacted]: not an assignment — write key=value, such as arms.stress.close=reset',
      '--set arms.man.close=fin: there is no arm "man" — did you mean "main"?',
      '--set arms.main.close.deep=1: nothing can be set at arms.main.close.deep — name a key that has a value',
      '--set description={: the value is not YAML — put it in quotes that the shell does not remove',
      '--set arms.main.close=pier: "pier" is not one of peer, fin, reset — did you mean "peer"?',
      '--set arms.main.cloze=[redacted]: unknown key "cloze" — did you mean "close"?',
    ]);
  });

  it('is blamed for what it makes around its value, and no line of the file', () => {
    expect(mistakesOf(() => set('foo.x=1', 'look2.a.b=x'))).toEqual([
      expect.stringMatching(/^--set foo\.x=\S+: unknown key "foo" — /),
      expect.stringMatching(/^--set look2\.a\.b=\S+: unknown key "look2" — /),
    ]);
  });
});

describe('credentials from the command line', () => {
  const FILE = `schema: 1
proxy: p:1
target: http://t/
defaults: { load: [{ hold: { rate: 1/s, for: 1s } }], auth: { scheme: basic, credentials: { env: OF_FILE } } }
arms:
  user: {}
  ticket: { auth: { scheme: negotiate } }
  none: { auth: none }
  connect: { via: tcp }
`;
  const authOf = (overrides: Overrides) =>
    Object.fromEntries(parseScenario(FILE, 'x', overrides).arms.map(({ name, auth }) => [name, auth]));

  it('go to the arms whose scheme has a use for them', () => {
    const auth = authOf({
      proxyUser: { kind: 'pattern', users: 'p{1-3}', password: { env: 'X' } },
      keytab: 'k.keytab',
      principal: ['p{1-2}@R'],
      service: 'HTTP@sso.example',
    });
    expect(auth['user']?.credentials).toEqual({ kind: 'pattern', users: 'p{1-3}', password: { env: 'X' } });
    expect(auth['ticket']).toEqual({
      to: 'proxy',
      scheme: 'negotiate',
      mode: 'challenge',
      credentials: { kind: 'keytab', path: 'k.keytab', principals: ['p1@R', 'p2@R'] },
      service: 'HTTP@sso.example',
    });
    expect([auth['none'], auth['connect']]).toEqual([undefined, undefined]);
  });

  it('are mistakes where no arm has a use for them', () => {
    const plain = `schema: 1\nproxy: p:1\ntarget: http://t/\narms: { a: { ${HOLD} } }`;
    expect(mistakesIn(plain, { proxyUser: { kind: 'env', name: 'X' } })).toEqual([
      '--proxy-user: no arm authenticates with basic — remove it, or add --set defaults.auth.scheme=basic',
    ]);
    expect(mistakesIn(plain, { keytab: 'k' })).toEqual([expect.stringContaining('with negotiate')]);
    expect(mistakesIn(FILE, { principal: ['p'] })).toEqual([
      expect.stringContaining('--principal: principals without a keytab'),
    ]);
  });

  it('go with --via tcp, as requests do', () => {
    const { arms } = parseScenario(FILE, 'x', { via: 'tcp' });
    expect(arms.map(({ via, auth }) => [via, auth])).toEqual(Array(4).fill(['tcp', undefined]));
  });

  it('are set key by key, and never shown where a secret was written', () => {
    const set = (text: string) => authOf({ set: [text] })['user'];
    expect(set('arms.user.auth.mode=preemptive')).toMatchObject({
      mode: 'preemptive',
      credentials: { kind: 'env', name: 'OF_FILE' },
    });
    for (const key of ['auth', 'auth.credentials', 'auth.credentials.password', 'auth.credentials.env']) {
      const [mistake, ...others] = mistakesIn(FILE, { set: [`arms.user.${key}=bob:hunter2`] });
      expect(others).toEqual([]);
      expect(mistake).toMatch(/^--set arms\.user\.auth/);
      expect(mistake).not.toContain('hunter2');
    }
  });
});
