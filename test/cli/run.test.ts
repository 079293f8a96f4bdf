import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { EnvironmentError } from '../../src/errors.ts';
import { summary } from '../render/fixtures.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun, type FakeRunScript, PROGRESS } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-cli-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(args: string[], script: FakeRunScript = {}, options: { tty?: boolean } = {}) {
  const host = createFakeHost({ cwd: dir, home: dir, ...options });
  const run = createFakeRun(script);
  const exitCode = await runCli(args, host, run.services);
  return { exitCode, run, host, out: host.stdout.text, err: host.stderr.text };
}

describe('run --markdown', () => {
  const diagnosis = {
    ...{ verdict: 'cannot-tell' as const, text: 'Cannot tell: 5 of 100 handshakes stalled.' },
    ...{ symptoms: ['5 of 100 handshakes (arm traffic) stalled'], causes: [], decide: [] },
  };

  it.each([
    ['a scenario', ['run', 'steady', '--target', 'http://origin.test/', '--via', 'direct']],
    [
      'a run that chooses its arms',
      ['run', 'diagnose', '--target', 'http://origin.test/', '--via', 'direct'],
    ],
  ])('prints the diagnosis of %s for a ticket, and nothing else', async (_, args) => {
    const { out, exitCode } = await cli([...args, '--markdown'], { summary: summary({ diagnosis }) });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^\*\*Cannot tell: 5 of 100 handshakes stalled\.\*\*\n/);
    expect(out).toMatch(/Run `[\w-]+`/);
    expect(out).not.toMatch(/PASS|Figures of each arm/);
  });

  it('does not go with --json', async () => {
    const { exitCode, err } = await cli(['run', 'steady', '--json', '--markdown']);
    expect(exitCode).toBe(2);
    expect(err).toContain("'--markdown' cannot be used with option '--json'");
  });
});

describe('hit', () => {
  it('asks for what ab and curl users mean by their flags', async () => {
    const { run, exitCode } = await cli([
      ...['hit', 'http://origin.test/a?n={nonce}', '-n', '50000', '-c', '100', '-x', '10.0.0.5:3128'],
      ...[
        '-H',
        'Accept: */*',
        '-H',
        'X-Test: 1',
        '-X',
        'PUT',
        '-d',
        'body',
        '--timeout',
        '3',
        '--close',
        'reset',
      ],
      ...['--label', 'timer 1 s', '--workers', '2', '--engine', 'portable', '--status', '200,407'],
    ]);
    expect(exitCode).toBe(0);
    expect(run.options).toMatchObject({
      label: 'timer 1 s',
      workers: 2,
      engine: 'portable',
      resultsDir: join(dir, 'results'),
    });
    const arm = run.options?.scenario.arms[0];
    expect(arm).toMatchObject({
      via: 'proxy',
      proxy: { host: '10.0.0.5', port: 3128 },
      target: { host: 'origin.test', port: 80, path: '/a?n={nonce}' },
      load: { kind: 'closed', concurrency: 100, attempts: 50_000 },
      request: { method: 'PUT', body: 'body' },
      expect: { kind: 'status', statuses: [200, 407] },
      responseTimeoutUs: 3_000_000,
      close: 'reset',
    });
    expect(arm?.request.headers).toEqual(
      expect.arrayContaining([
        ['Accept', '*/*'],
        ['X-Test', '1'],
      ]),
    );
  });

  it('takes classes of statuses, a marker, and what asks the firewall, as run does', async () => {
    const beside = ['--marker', 'ticket-4711', '--no-ping', '--firewall-before', 'ssh fw show'];
    const { run } = await cli(['hit', 'http://127.0.0.1/', '--status', '204,3xx', ...beside]);
    expect(run.options?.scenario).toMatchObject({
      ...{ marker: 'ticket-4711', ping: 'off', firewall: { before: 'ssh fw show' } },
      arms: [{ expect: { statuses: [204, ...Array.from({ length: 100 }, (_, index) => 300 + index)] } }],
    });
    const { exitCode, err } = await cli(['hit', 'http://127.0.0.1/', '--status', '6xx']);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('or classes such as 2xx')]);
  });

  it.each([
    ['500', [], 1],
    ['20000', [], 3],
    ['20000', ['--workers', 'auto'], 3],
    ['20000', ['--workers', '1'], 1],
    ['10', ['--workers', '5'], 5],
  ])('at %s/s with %j has as many workers as are needed or asked for', async (rate, flags, workers) => {
    const { run, exitCode } = await cli(['hit', 'http://127.0.0.1/', '--rate', rate, '-t', '1', ...flags]);
    expect([exitCode, run.options?.workers]).toEqual([0, workers]);
  });

  it('says what it makes of --workers', async () => {
    const { exitCode, err } = await cli(['hit', 'http://127.0.0.1/', '--workers', 'many']);
    expect(exitCode).toBe(2);
    expect(err).toContain('--workers');
  });

  it('makes one attempt by default, and goes by the clock with --rate', async () => {
    const once = await cli(['hit', 'http://127.0.0.1/']);
    const paced = await cli(['hit', 'http://127.0.0.1/', '--rate', '500', '-t', '60']);
    expect(once.run.options?.scenario.arms[0]?.load).toEqual({ kind: 'closed', concurrency: 1, attempts: 1 });
    expect(paced.run.options?.scenario.arms[0]?.load).toEqual({
      kind: 'open',
      phases: [{ kind: 'hold', ratePerSec: 500, forUs: 60_000_000 }],
    });
  });

  it.each([
    ['500', '-t', '60'],
    ['500/s', '--duration', '60s'],
    ['30k/min', '--time', '1m'],
  ])('means the same by --rate %s %s %s, and run does too', async (rate, flag, time) => {
    const hit = await cli(['hit', 'http://127.0.0.1/', '--rate', rate, flag, time]);
    expect(hit.run.options?.scenario.arms[0]?.load).toMatchObject({
      phases: [{ ratePerSec: 500, forUs: 60_000_000 }],
    });
    const own = flag === '--time' ? '-t' : flag;
    const { run } = await cli(['run', 'quickstart', '--rate', rate, own, time]);
    expect(run.options?.scenario.arms[0]?.load).toMatchObject({
      phases: [{ toPerSec: 500 }, { ratePerSec: 500, forUs: 60_000_000 }],
    });
  });

  it('goes on with a run that was killed, and checks held connections, as scenarios do', async () => {
    const args = ['hit', 'http://127.0.0.1/', '--hold', '2m', '--prove', '30s, 1m'];
    const { run } = await cli([...args, '--resume']);
    expect(run.options).toMatchObject({ resume: true });
    expect(run.options?.scenario.arms[0]).toMatchObject({
      holdUs: 120_000_000,
      proveUs: [30_000_000, 60_000_000],
    });
    const first = await cli(args);
    expect(first.run.options).not.toHaveProperty('resume');
    expect(first.run.options?.scenario).toEqual(run.options?.scenario);
    const odd = await cli(['hit', 'http://127.0.0.1/', '--hold', '2m', '--prove', '30s,soon']);
    expect([odd.exitCode, odd.err]).toEqual([2, expect.stringContaining('--prove')]);
  });

  it('says what ab’s -k would mean, and takes curl’s where there is a certificate', async () => {
    const { exitCode, err, run } = await cli(['hit', '-k', 'http://127.0.0.1/', '-n', '10']);
    expect([exitCode, run.options]).toEqual([2, undefined]);
    expect(err).toMatch(/There is no ab -k/);
    const secured = await cli(['hit', '-k', 'https://127.0.0.1/']);
    expect(secured.run.options?.scenario.arms[0]?.tls).toMatchObject({ insecure: true });
  });

  it('posts a body, from a file where it starts with @', async () => {
    writeFileSync(join(dir, 'body.json'), '{"a":1}');
    const { run } = await cli(['hit', 'http://127.0.0.1/', '-d', '@body.json']);
    expect(run.options?.scenario.arms[0]?.request).toMatchObject({ method: 'POST', body: '{"a":1}' });
    const missing = await cli(['hit', 'http://127.0.0.1/', '-d', '@none']);
    expect([missing.exitCode, missing.run.options]).toEqual([2, undefined]);
  });

  it.each([
    [['hit'], "missing required argument 'url'"],
    [['hit', 'http://127.0.0.1/', '-n', '0'], 'whole number'],
    [['hit', 'http://127.0.0.1/', '-n', '1e3'], 'whole number'],
    [['hit', 'http://127.0.0.1/', '--rate', 'fast'], 'is not a rate'],
    [['hit', 'http://127.0.0.1/', '-z'], "unknown option '-z'"],
    [['hit', 'http://127.0.0.1/', '--reactor', 'io_uring'], '--reactor was removed'],
    [['hit', 'http://127.0.0.1/', '--close', 'maybe'], 'peer, fin, reset'],
    [['hit', 'http://127.0.0.1/', '--rate', '5', '-c', '2', '-n', '9'], 'cannot be combined'],
    [['hit', 'ftp://127.0.0.1/'], 'ftp'],
    // What was typed in another encoding reaches a program with U+FFFD in it, and would be sent so.
    [['hit', 'http://127.0.0.1/', '-d', 'm\uFFFDller'], 'to send arbitrary bytes, use a file: -d @FILE'],
    [['hit', 'http://127.0.0.1/', '-H', 'X-Name: m\uFFFDller'], '-H: the argument is not UTF-8'],
    [['run', 'quickstart', '--set', 'arms.traffic.request.body=m\uFFFD'], '--set: the argument is not UTF-8'],
    [['run', 'quickstat'], 'did you mean "quickstart"'],
    [['run', 'quickstart', '--rat', '5/s'], 'Did you mean --rate'],
    [['runn'], 'Did you mean run'],
  ])('%j is bad usage, says why, and starts nothing', async (args, why) => {
    const { exitCode, err, out, run } = await cli(args);
    expect(exitCode).toBe(2);
    expect(err).toContain(why);
    expect(err).toMatch(/^rushhour: /);
    expect([out, run.options]).toEqual(['', undefined]);
  });
});

describe('run', () => {
  const STEADY = ['run', 'steady', '--proxy', '10.0.0.5:3128', '--target', 'http://10.0.0.9/'];

  it('applies what the command line changes', async () => {
    const { run, exitCode, err } = await cli([
      ...STEADY,
      '--duration',
      '31s',
      '--set',
      'arms.traffic.close=reset',
      '--results',
      'r',
    ]);
    expect([exitCode, err.includes('rushhour:')]).toEqual([0, false]);
    const traffic = run.options?.scenario.arms.find(({ name }) => name === 'traffic');
    expect(traffic).toMatchObject({
      proxy: { host: '10.0.0.5' },
      target: { host: '10.0.0.9' },
      close: 'reset',
    });
    expect(run.options?.resultsDir).toBe(join(dir, 'r'));
    expect(run.options?.command.slice(0, 3)).toEqual(['rushhour', 'run', 'steady']);
  });

  it.each([
    [[], 'stop'],
    [['--no-look'], 'off'],
    [['--go-on'], 'go-on'],
  ])('with %j, what its look shows comes to %s', async (flags, look) => {
    const { run, exitCode } = await cli([...STEADY, ...flags]);
    expect([exitCode, run.options?.look, run.options?.scenario.look]).toEqual([
      0,
      look,
      { ratePerSec: 20, forUs: 10_000_000 },
    ]);
  });

  it('takes the path of a file', async () => {
    const file = join(dir, 'mine.yaml');
    writeFileSync(
      file,
      'schema: 1\ndescription: mine\ntarget: tcp://127.0.0.1:9\narms:\n  a:\n    via: tcp\n    load:\n      - hold: { rate: 1/s, for: 1s }\n',
    );
    const { run, exitCode } = await cli(['run', file]);
    expect([exitCode, run.options?.scenario.name]).toEqual([0, 'mine']);
  });

  it('shows the target before load starts, then the verdict and where the results are', async () => {
    let shown = '';
    const host = createFakeHost({ cwd: dir, home: dir });
    const run = createFakeRun({
      during() {
        shown = host.stderr.text;
      },
    });
    await runCli(STEADY, host, run.services);
    expect(shown).toContain('127.0.0.1:80');
    expect(host.stdout.text).toMatch(/^PASS {2}steady/);
    expect(host.stdout.text).toContain('results     results/id');
  });

  it('prints nothing but the summary on stdout with --json', async () => {
    const { out } = await cli(
      [...STEADY, '--json'],
      { during: ({ progress }) => progress?.(PROGRESS) },
      { tty: true },
    );
    expect(JSON.parse(out)).toEqual(summary());
  });

  const judged = (over: object) => summary({ verdict: { ...summary().verdict, ...over } });
  const ended = (status: 'interrupted' | 'failed') => summary({ run: { ...summary().run, status } });
  it.each([
    ['criteria held', 0, summary()],
    ['there were no criteria', 0, judged({ pass: null, criteria: [] })],
    ['nothing was completed', 3, judged({ pass: false, criteria: [], reasons: ['arm a completed 0 of 3'] })],
    ['nothing was started', 4, judged({ pass: null, criteria: [], reasons: ['no attempt was started'] })],
    ['a criterion failed', 3, judged({ pass: false })],
    ['this machine was the bottleneck', 4, judged({ pass: null, generatorLimited: true })],
    ['it could not be judged', 4, judged({ pass: null })],
    ['it was interrupted', 130, ended('interrupted')],
    ['it failed', 1, ended('failed')],
  ])('tells by its exit code that %s: %d', async (_, code, result) => {
    expect((await cli(STEADY, { summary: result })).exitCode).toBe(code);
  });

  it('says what is missing, and how to mend it, with exit code 5', async () => {
    const before = () => {
      throw new EnvironmentError('the proxy does not answer', { hint: 'start it' });
    };
    const { exitCode, err } = await cli(STEADY, { before });
    expect([exitCode, err]).toEqual([5, 'rushhour: the proxy does not answer\n  start it\n']);
  });

  it('calls anything else an internal fault, with its stack only when asked', async () => {
    const before = () => {
      throw new TypeError('x is not a function');
    };
    const { exitCode, err } = await cli(STEADY, { before });
    expect(exitCode).toBe(1);
    expect(err).toContain('rushhour: internal fault: x is not a function\n');
    expect(err).toContain('RUSHHOUR_DEBUG=1');
    expect(err).not.toContain('    at ');
    const host = createFakeHost({ cwd: dir, home: dir, env: { RUSHHOUR_DEBUG: '1' } });
    await runCli(STEADY, host, createFakeRun({ before }).services);
    expect(host.stderr.text).toContain('    at ');
  });

  it('says whose it is that this user may not use, which is no fault of rushhour', async () => {
    const before = () => {
      const error = new Error("EACCES: permission denied, lstat '/etc/passwd/server.json'");
      throw Object.assign(error, { code: 'EACCES', syscall: 'lstat', path: '/etc/passwd/server.json' });
    };
    const { exitCode, err } = await cli(STEADY, { before });
    expect([exitCode, err]).toEqual([
      5,
      'rushhour: this user may not use /etc/passwd/server.json: /etc/passwd belongs to root (mode 644)\n' +
        '  run it as that user, or with sudo; or name another file or folder\n',
    ]);
  });

  it('does nothing on a dry run but say what it would do', async () => {
    const { run, out, exitCode } = await cli([...STEADY, '--dry-run']);
    expect([exitCode, run.options]).toEqual([0, undefined]);
    expect(out).toContain('to proxy 10.0.0.5:3128 for http://10.0.0.9/');
    expect(out).toContain('\n  checks     first, up to 20/s for 10s\n');
    expect(out).toContain('passes if  traffic.stalled.rate < 0.1%');
    const embedded = await cli(['run', 'quickstart', '--dry-run']);
    expect(embedded.out).toContain('the embedded far end');
    expect(embedded.out).not.toContain('undefined');
  });
});

describe('progress', () => {
  const at = (second: number) => ({ ...PROGRESS, elapsedUs: second * 1_000_000 });
  const tenSeconds: FakeRunScript = {
    during({ progress, warning }) {
      for (let second = 1; second <= 11; second += 1) progress?.(at(second));
      warning?.('disk full');
    },
  };

  it('is one line rewritten in place on a terminal, and gone at the end', async () => {
    const { err } = await cli(['hit', 'http://127.0.0.1/'], tenSeconds, { tty: true });
    const [, ...rewritten] = err.split('\r\x1b[K');
    expect(
      rewritten.slice(0, 11).every((line) => /^\d s left 500\/s stalled 0 \(0 %\) est 498 /.test(line)),
    ).toBe(true);
    expect(rewritten.slice(11)).toEqual(['rushhour: warning: disk full\n']);
  });

  it('is a line every five seconds in a log', async () => {
    const { err } = await cli(['hit', 'http://127.0.0.1/'], tenSeconds);
    expect(err.match(/^\d+ s left.*$/gm)).toHaveLength(2);
    expect(err).not.toContain('\r');
  });

  it('is left out with --quiet; the target and warnings are not', async () => {
    const { err } = await cli(['hit', 'http://127.0.0.1/', '--quiet'], tenSeconds);
    expect(err).not.toContain('left');
    expect(err).toContain('127.0.0.1:80');
    expect(err).toContain('warning: disk full');
  });
});

describe('signals', () => {
  it('drain a run, then abort it, and keep its results', async () => {
    const host = createFakeHost({ cwd: dir, home: dir });
    const interrupted = summary({ run: { ...summary().run, status: 'interrupted' } });
    const run = createFakeRun({
      summary: interrupted,
      during() {
        host.signal('SIGINT');
        host.signal('SIGTERM');
      },
    });
    const exitCode = await runCli(['hit', 'http://127.0.0.1/'], host, run.services);
    expect([exitCode, run.stops]).toEqual([130, ['drain', 'abort']]);
    expect(host.stderr.text).toContain('stopping');
    expect(host.stdout.text).toContain('interrupted');
    expect(host.signal('SIGINT')).toBe(false);
  });

  it('before load starts keep it from starting', async () => {
    const host = createFakeHost({ cwd: dir, home: dir });
    let loaded = false;
    const run = createFakeRun({
      before: () => void host.signal('SIGINT'),
      during() {
        loaded = true;
      },
    });
    const exitCode = await runCli(['hit', 'http://127.0.0.1/'], host, run.services);
    expect([exitCode, loaded, run.stops]).toEqual([130, false, []]);
  });

  it('end even a start that hangs, when sent twice', async () => {
    const host = createFakeHost({ cwd: dir, home: dir });
    const run = createFakeRun({
      before() {
        host.signal('SIGINT');
        host.signal('SIGINT');
        return new Promise(() => {});
      },
    });
    expect(await runCli(['hit', 'http://127.0.0.1/'], host, run.services)).toBe(130);
  });
});

describe('permission for public hosts', () => {
  const PUBLIC = ['hit', 'http://www.example.com/'];
  const endpoints = ['93.184.216.34:80'];
  const flag = '--i-am-allowed-to-test-this';

  it('is needed once, and remembered', async () => {
    const refused = await cli(PUBLIC, { endpoints });
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain('www.example.com');
    expect(refused.err).toContain(flag);
    expect(refused.err).not.toContain('About to connect');

    const permitted = await cli([...PUBLIC, flag], { endpoints });
    const file = join(dir, '.config/rushhour/allowed-hosts');
    expect([permitted.exitCode, readFileSync(file, 'utf8')]).toEqual([0, 'www.example.com\n']);

    const again = await cli(PUBLIC, { endpoints });
    expect(again.exitCode).toBe(0);
    await cli([...PUBLIC, flag], { endpoints });
    expect(readFileSync(file, 'utf8')).toBe('www.example.com\n');
  });

  it('is not needed for private addresses, and nothing is written', async () => {
    const { exitCode } = await cli([...PUBLIC, flag], { endpoints: ['10.0.0.1:80'] });
    expect(exitCode).toBe(0);
    expect(() => readFileSync(join(dir, '.config/rushhour/allowed-hosts'))).toThrow('ENOENT');
  });

  it('is kept under XDG_CONFIG_HOME, where comments are allowed', async () => {
    const host = createFakeHost({ cwd: dir, home: '/nowhere', env: { XDG_CONFIG_HOME: dir } });
    await runCli([...PUBLIC, flag], host, createFakeRun({ endpoints }).services);
    const file = join(dir, 'rushhour/allowed-hosts');
    writeFileSync(file, '# agreed with Example Ltd\nWWW.example.com # until June\n');
    expect(
      await runCli(
        PUBLIC,
        createFakeHost({ env: { XDG_CONFIG_HOME: dir } }),
        createFakeRun({ endpoints }).services,
      ),
    ).toBe(0);
  });
});

describe('a summary that cannot be written', () => {
  const unkept = new EnvironmentError('cannot write the summary to results/x (ENOSPC)', {
    hint: 'make room',
  });
  const STARTED = ['hit', 'http://127.0.0.1/', '-n', '1'];

  it('is printed all the same, and then said not to be kept', async () => {
    const { exitCode, out, err } = await cli(STARTED, { unkept });
    expect(out).toMatch(/^(PASS|DONE)/);
    expect(err).toMatch(/cannot write the summary .*\n {2}make room\n$/);
    expect(exitCode).toBe(5);
  });

  it('leaves the exit code of a verdict that says more', async () => {
    const { verdict, ...rest } = summary();
    const failed = { ...rest, verdict: { ...verdict, pass: false } };
    expect((await cli(STARTED, { unkept, summary: failed })).exitCode).toBe(3);
  });
});

describe('hit', () => {
  it.each([
    '-t',
    '--rate',
    '--timeout',
    '--connect-timeout',
    '--stall-after',
    '--prove',
  ])('refuses 0 for %s, with which nothing could be told', async (flag) => {
    const { exitCode, run, err } = await cli(['hit', 'tcp://10.0.0.5:443', flag, '0']);
    expect([exitCode, run.options]).toEqual([2, undefined]);
    expect(err).toMatch(/^rushhour: option '.*' argument '0' is invalid\. "0" must be above 0 \(write a /);
  });
});
