import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { askScript } from '../../src/pac/ask.ts';
import { askedUrl } from '../../src/pac/choose.ts';
import { evaluate, myIpAddress } from '../../src/pac/evaluate.ts';
import { readAnswer } from '../../src/pac/read-answer.ts';
import { MAX_SCRIPT_BYTES, readScript } from '../../src/pac/read-script.ts';
import { parseTarget } from '../../src/scenario/address.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { formatEndpoint, resolveArms } from '../../src/session/load/resolve.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { createFakeRun } from '../cli/fake-services.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const URL_ASKED = 'http://127.0.0.1/';
const script = (body: string) => `function FindProxyForURL(url, host) { ${body} }`;
const ask = (body: string, patienceMs = 60_000) =>
  evaluate({ script: script(body), urls: [URL_ASKED], patienceMs });

let dir: string;
let server: Server | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-pac-'));
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await new Promise((done) => (server === undefined ? done(0) : server.close(done)));
  server?.closeAllConnections();
  server = undefined;
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server?.address() as AddressInfo).port}/proxy.pac?secret=1`;
}

suiteNeeding('a script of proxies', ['npm:pac-resolver', 'npm:quickjs-wasi'], () => {
  it.each([
    ['return "PROXY a:1; DIRECT"', 'PROXY a:1; DIRECT'],
    ['return isInNet(host, "127.0.0.0", "255.0.0.0") ? "PROXY in:1" : "DIRECT"', 'PROXY in:1'],
    ['return shExpMatch(url, "http://127*") && !isPlainHostName("a.b") ? url : ""', URL_ASKED],
    ['alert(host); return "PROXY " + myIpAddress() + ":1"', `PROXY ${myIpAddress()}:1`],
    ['return typeof process + typeof require + typeof fetch', 'undefinedundefinedundefined'],
    ['return null', ''],
  ])('that says %j is answered', async (body, answer) => {
    expect(await ask(body)).toEqual({ answers: [answer] });
  });

  it.each([
    ['throw new Error("boom")', /^boom$/],
    ['return 5', /number, not text/],
    ['return (', /./],
    ['var all = []; for (;;) all.push("x".repeat(1e6) + all.length)', /out of memory/],
  ])('that says %j is a fault', async (body, why) => {
    expect(await ask(body)).toEqual({ fault: expect.stringMatching(why) });
  });

  it.each([
    'for (;;);',
    'return /^(a+)+$/.test("a".repeat(64) + "b") ? "" : "DIRECT"',
  ])('that hangs (%s) is interrupted', async (body) => {
    expect(await ask(body, 50)).toEqual({ fault: 'it ran for more than 0.05 s' });
  });

  it('does not know the address of this machine from anybody else', () => {
    const address = (text: string, internal: boolean) => [
      { address: text, internal, family: 'IPv4', netmask: '', mac: '', cidr: null } as const,
    ];
    expect(myIpAddress({ lo: address('127.0.0.1', true), eth0: address('10.0.0.7', false) })).toBe(
      '10.0.0.7',
    );
    expect(myIpAddress({ lo: address('127.0.0.1', true) })).toBe('127.0.0.1');
  });

  it('is given nothing that would ask a name server for the address of this machine', async () => {
    let given: Readonly<Record<string, (...args: never[]) => unknown>> = {};
    const reply = await evaluate({ script: '', urls: [URL_ASKED], patienceMs: 60_000 }, async () => ({
      createVm: async () => ({}),
      createPacResolver: (_vm, _script, { sandbox }) => {
        given = sandbox;
        return async () => 'DIRECT';
      },
    }));
    expect(reply).toEqual({ answers: ['DIRECT'] });
    expect(Object.keys(given).toSorted()).toEqual(['alert', 'myIpAddress']);
    expect(given['myIpAddress']?.()).toBe(myIpAddress());
  });

  it('is killed with its process where that does not answer', async () => {
    const [program, mark] = [join(dir, 'hang.mjs'), join(dir, 'pid')];
    writeFileSync(
      program,
      `import { renameSync, writeFileSync } from 'node:fs';
      process.on('message', () => {
        writeFileSync(${JSON.stringify(`${mark}.new`)}, String(process.pid));
        renameSync(${JSON.stringify(`${mark}.new`)}, ${JSON.stringify(mark)});
        for (;;);
      });`,
    );
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise(setImmediate);
    };
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let pid = 0;
    try {
      const asked = askScript('p.pac', '', [URL_ASKED], { patienceMs: 1, startingMs: 99, program });
      const said = expect(asked).rejects.toMatchObject({
        exitCode: 5,
        message: expect.stringContaining('after 0.1 s'),
      });
      await until(() => existsSync(mark));
      pid = Number(readFileSync(mark, 'utf8'));
      expect(isAlive(pid)).toBe(true);
      vi.advanceTimersByTime(100);
      await said;
      await until(() => !isAlive(pid));
    } finally {
      vi.useRealTimers();
      if (pid !== 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
  });

  it('that fails sends browsers past the proxy, which the error says', async () => {
    await expect(askScript('p.pac', 'function', [URL_ASKED])).rejects.toMatchObject({
      exitCode: 5,
      hint: expect.stringMatching(/browsers .* connect directly: .* --via direct/),
    });
  });

  it('whose process dies is an error', async () => {
    const program = join(dir, 'die.mjs');
    writeFileSync(program, 'process.once("message", () => process.exit(7));');
    const asked = askScript('p.pac', '', [URL_ASKED], { program });
    await expect(asked).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('exit code 7'),
    });
  });

  it('is asked what browsers ask', () => {
    const urls = [
      'http://a/x?n={nonce}',
      'http://a:81/',
      'https://a/secret',
      'https://[::1]:444/',
      'tcp://a:22',
    ];
    expect(urls.map((url) => askedUrl(parseTarget(url)))).toEqual([
      'http://a/x?n=0',
      'http://a:81/',
      'https://a/',
      'https://[::1]:444/',
      'https://a:22/',
    ]);
  });
});

describe('an answer', () => {
  it.each([
    ['PROXY a:1; PROXY b:2', 'a:1', []],
    [' proxy  a ;DIRECT', 'a:80', []],
    ['HTTP [::1]', '[::1]:80', []],
    ['SOCKS5 s:1; DIRECT; PROXY b:2', 'b:2', ['SOCKS5 s:1', 'DIRECT']],
  ])('%j names a proxy', (text, proxy, passedOver) => {
    expect(readAnswer('p.pac', URL_ASKED, text)).toMatchObject({ proxy, passedOver });
  });

  it.each([
    ['PROXY a:1; SOCKS s:1; PROXY b:2; PROXY a:1; DIRECT', ['a:1', 'b:2'], ['SOCKS s:1', 'DIRECT']],
    ['PROXY a:1', ['a:1'], []],
  ])('%j names several, for whoever goes to all', (text, proxies, passedOver) => {
    expect(readAnswer('p.pac', URL_ASKED, text, true)).toMatchObject({ proxy: 'a:1', proxies, passedOver });
  });

  it.each([
    ['', /nothing, which means DIRECT/],
    ['DIRECT', /it returns "DIRECT"/],
    ['HTTPS p:443', /it returns "HTTPS p:443"/],
    ['PROXY a:b', /an invalid proxy/],
    ['PROXY u:pw@a:1', /an invalid proxy/],
  ])('%j names none', (text, why) => {
    expect(() => readAnswer('p.pac', URL_ASKED, text)).toThrow(
      expect.objectContaining({ exitCode: 5, message: expect.stringMatching(why) }),
    );
  });
});

describe('reading it', () => {
  it('takes a file, relative or as URL, and http://', async () => {
    writeFileSync(join(dir, 'p.pac'), 'text');
    expect(await readScript('p.pac', { cwd: dir })).toEqual({ name: 'p.pac', text: 'text' });
    expect(await readScript(`file://${dir}/p.pac`, { cwd: '/' })).toEqual({ name: 'p.pac', text: 'text' });
    const url = await serve((_, response) => response.end('served'));
    expect(await readScript(url, { cwd: '/' })).toEqual({ name: 'proxy.pac', text: 'served' });
  });

  it('refuses what is too large, late, not there, or no file', async () => {
    writeFileSync(join(dir, 'big.pac'), ' '.repeat(MAX_SCRIPT_BYTES + 1));
    const refused = (source: string, timeoutMs = 60_000) =>
      readScript(source, { cwd: dir, timeoutMs }).catch(
        ({ exitCode, message, hint }) => `${exitCode} ${message} ${hint}`,
      );
    expect(await refused('big.pac')).toMatch(/^5 .*larger than 1 MiB/);
    expect(await refused('none.pac')).toMatch(/^5 .*ENOENT(?!.*browsers)/);
    expect(await refused('.')).toMatch(/^5 .*not a regular file/);
    expect(await refused('ftp://a/p.pac')).toMatch(/^2 a PAC script is given as a file/);
    expect(await refused('http://u:s3cret@127.0.0.1/p.pac')).toMatch(/^2 (?!.*s3cret)/);
    const url = await serve(({ url: path }, response) => {
      if (path?.startsWith('/big') === true) response.end(' '.repeat(MAX_SCRIPT_BYTES + 1));
      else if (path?.startsWith('/404') === true) response.writeHead(404).end();
    });
    expect(await refused(url.replace('proxy.pac', 'big.pac'))).toMatch(/^5 .*larger than 1 MiB/);
    expect(await refused(url.replace('proxy.pac', '404'))).toMatch(
      /^5 .*answers 404.*browsers .* connect directly: .* --via direct/,
    );
    expect(await refused(url, 50)).toMatch(/^5 cannot read the PAC script proxy.pac .*timeout/);
  });
});

suiteNeeding('a PAC script for a command', ['npm:pac-resolver', 'npm:quickjs-wasi'], () => {
  const SITE = `schema: 1
proxy: { pac: pac/p.pac, spread: true }
target: http://127.0.0.1/
defaults: { load: { concurrency: 1, attempts: 4 } }
arms:
  traffic: { via: proxy }
  control: { via: tcp }
`;

  async function cli(...args: string[]) {
    const text = script(
      `if (host == "127.0.0.9") return "DIRECT";
       return "SOCKS s:1; PROXY " + host + ":3128; PROXY 127.0.0.3:81";`,
    );
    mkdirSync(join(dir, 'etc/pac'), { recursive: true });
    writeFileSync(join(dir, 'p.pac'), text);
    writeFileSync(join(dir, 'etc/pac/p.pac'), text);
    writeFileSync(join(dir, 'etc/site.yaml'), SITE);
    const host = createFakeHost({ cwd: dir, home: dir, env: {} });
    const run = createFakeRun();
    const exitCode = await runCli(
      args.map((arg) => (arg.startsWith('etc/') ? join(dir, arg) : arg)),
      host,
      run.services,
    );
    const arms = run.options?.scenario.arms ?? [];
    const flat = (text: string) => text.replace(/\s+/g, ' ');
    return { exitCode, arms, out: flat(host.stdout.text), err: flat(host.stderr.text) };
  }
  const first = { host: '127.0.0.1', port: 3128 };
  const second = { host: '127.0.0.3', port: 81 };
  const line = 'proxy 127.0.0.1:3128 from p.pac for http://127.0.0.1/ (skipping SOCKS s:1)';
  const bothLine = 'proxy 127.0.0.1:3128 and 127.0.0.3:81 from p.pac for http://127.0.0.1/ (skipping';

  it('fills the proxy of hit, and the plan says whence', async () => {
    const { exitCode, arms, err } = await cli('hit', 'http://127.0.0.1/', '--pac', 'p.pac');
    expect([exitCode, arms[0]?.proxy, arms[0]?.beside]).toEqual([0, first, undefined]);
    expect(err).toContain(line);
  });

  it.each([
    ['run', 'steady'],
    ['soak', 'steady', '--for', '1m'],
  ])('fills that of each arm of %s %s', async (...command) => {
    const more = ['--pac', 'p.pac', '--target', 'http://127.0.0.1/'];
    const { exitCode, arms, err } = await cli(...command, ...more);
    expect([exitCode, arms[0]?.proxy, arms[1]?.target]).toEqual([
      0,
      first,
      { scheme: 'tcp', path: '', ...first },
    ]);
    expect(err).toContain(line);
  });

  it('names several for attempts to go to in turn, where asked to', async () => {
    const hit = await cli('hit', 'http://127.0.0.1/', '--pac', 'p.pac', '--spread');
    expect([hit.exitCode, hit.arms[0]?.proxy, hit.arms[0]?.beside]).toEqual([0, first, [second]]);
    expect(hit.err).toContain(bothLine);

    const { arms, err } = await cli('run', 'etc/site.yaml');
    const [traffic, control] = arms;
    expect([traffic?.proxy, traffic?.beside, traffic?.pac]).toEqual([first, [second], undefined]);
    expect([control?.target, control?.beside]).toEqual([{ scheme: 'tcp', path: '', ...first }, [second]]);
    expect(err).toContain(bothLine);
    const planned = await resolveArms({ arms } as Scenario);
    expect(planned.map(({ endpoints }) => endpoints.map(formatEndpoint))).toEqual([
      ['127.0.0.1:3128', '127.0.0.3:81'],
      ['127.0.0.1:3128', '127.0.0.3:81'],
    ]);
  });

  it('is kept in its order by browsers, and its first alone used by others', async () => {
    const browsers = '  class: { load: { browsers: 2, for: 1s } }';
    const others = '  others: { load: { concurrency: 1, attempts: 1 } }';
    const header = 'schema: 1\ndescription: Browsers with a script.\ntarget: http://127.0.0.1/\narms:';
    mkdirSync(join(dir, 'etc'), { recursive: true });
    writeFileSync(join(dir, 'etc/class.yaml'), `${header}\n${browsers}\n${others}\n`);
    const { arms, err } = await cli('run', 'etc/class.yaml', '--pac', 'p.pac');
    expect(arms[0]).toMatchObject({ proxy: first, beside: [second], besideInOrder: true });
    expect([arms[1]?.proxy, arms[1]?.beside]).toEqual([first, undefined]);
    expect(err).toContain('proxy 127.0.0.1:3128, then 127.0.0.3:81 from');
    const spread = await cli('run', 'etc/class.yaml', '--pac', 'p.pac', '--spread');
    expect(spread.arms.map(({ besideInOrder }) => besideInOrder)).toEqual([undefined, undefined]);
    // A token is for one proxy.
    const auth = 'auth: { scheme: negotiate, to: proxy }';
    writeFileSync(join(dir, 'etc/tokens.yaml'), `${header}\n${browsers.replace('{', `{ ${auth},`)}\n`);
    const withTokens = await cli('run', 'etc/tokens.yaml', '--pac', 'p.pac');
    expect(withTokens.arms.map(({ proxy, beside }) => [proxy, beside])).toEqual([[first, undefined]]);
  });

  it('is asked anew by every night, from wherever it lies', async () => {
    const more = ['--for', '5h', '--at', '1:30', '--cron', '--print', '--root', dir];
    const typed = ['--pac', 'p.pac', '--spread', '--target', 'http://127.0.0.1/'];
    const { exitCode, out } = await cli('soak', 'install', 'steady', ...typed, ...more);
    expect(exitCode).toBe(0);
    expect(out).toContain(`--pac ${dir}/p.pac --spread --target http://127.0.0.1/`);
    expect(out).not.toContain('3128');
  });

  it('is shown by doctor, with a scenario and without', async () => {
    const answer = '"SOCKS s:1; PROXY 127.0.0.1:3128; PROXY 127.0.0.3:81"';
    for (const scenario of [[], ['steady']]) {
      const { out } = await cli('doctor', ...scenario, '--pac', 'p.pac', '--target', 'http://127.0.0.1/');
      expect(out).toContain(`p.pac names proxy 127.0.0.1:3128 for http://127.0.0.1/: ${answer}`);
    }
    const { out } = await cli('doctor', 'etc/site.yaml');
    expect(out).toContain('p.pac names proxies 127.0.0.1:3128 and 127.0.0.3:81, in turn, for');
  });

  it('is one of the things that doctor finds wrong', async () => {
    const { exitCode, out, err } = await cli(
      'doctor',
      'steady',
      '--pac',
      'p.pac',
      '--target',
      'http://127.0.0.9/',
    );
    expect([exitCode, err]).toEqual([5, '']);
    expect(out).toContain('it returns "DIRECT"');
    expect(out).toContain('the clock is synchronised');
  });

  it.each([
    [['hit', 'http://127.0.0.9/', '--pac', 'p.pac'], 5, 'it returns "DIRECT"'],
    [['run', 'etc/site.yaml', '--target', 'http://127.0.0.9/'], 5, 'it returns "DIRECT"'],
    [['hit', 'http://127.0.0.1/', '--pac', 'none.pac'], 5, 'ENOENT'],
    [['run', 'etc/site.yaml', '--set', 'proxy.pac=none.pac'], 5, 'ENOENT'],
    [['soak', 'steady', '--target', 'http://127.0.0.1/', '--pac', 'none.pac'], 5, 'ENOENT'],
    [['hit', 'tcp://127.0.0.1:9', '--pac', 'p.pac'], 2, '--pac needs an http:// or https:// URL'],
    [['hit', 'http://127.0.0.1/', '--pac', 'p.pac', '-x', 'a:1'], 2, 'cannot be used with'],
    [['hit', 'http://127.0.0.1/', '--spread'], 2, '--spread needs --pac'],
    [['run', 'check-tcp', '--pac', 'p.pac', '--target', 'tcp://127.0.0.1:9'], 2, '--pac: no arm'],
    [['run', 'check-tcp', '--pac', 'p.pac'], 2, 'no arm has a target for which the PAC script p.pac'],
    [
      ['run', 'steady', '--pac', 'ftp://a/p', '--target', 'http://127.0.0.1/'],
      2,
      '--pac: a PAC script is given',
    ],
    [['run', 'quickstart', '--pac', 'p.pac'], 2, 'give --target'],
    [['hit', 'http://127.0.0.9/?token=s3cret', '--pac', 'p.pac'], 5, '127.0.0.9/?token='],
    [['doctor', '--pac', 'p.pac'], 2, 'none is given'],
    [['hit', 'http://127.0.0.1/', '-x', 'http://wpad/wpad.dat'], 2, '--pac http://wpad/wpad.dat'],
    [
      ['run', 'steady', '-x', 'https://u:s3cret@h/a.pac?b', '--target', 'http://127.0.0.1/'],
      2,
      '--pac https://',
    ],
  ])('%j ends with exit code %i and says %s', async (args, code, why) => {
    const { exitCode, err, arms } = await cli(...args);
    expect([exitCode, arms.length]).toEqual([code, 0]);
    expect(err).toContain(why);
    expect(err).not.toContain('s3cret');
  });
});
