import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { askScript } from '../../src/pac/ask.ts';
import { askedUrl } from '../../src/pac/choose.ts';
import { evaluate, myIpAddress } from '../../src/pac/evaluate.ts';
import { readAnswer } from '../../src/pac/read-answer.ts';
import { MAX_SCRIPT_BYTES, readScript } from '../../src/pac/read-script.ts';
import { parseTarget } from '../../src/scenario/address.ts';
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
    expect(await ask(body, 50)).toEqual({ fault: 'it computed for more than 0.05 s' });
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

  it('is killed with its process where that does not answer', async () => {
    const program = join(dir, 'hang.mjs');
    writeFileSync(program, 'process.on("message", () => { for (;;); });');
    const asked = askScript('p.pac', '', [URL_ASKED], { patienceMs: 1, startingMs: 99, program });
    await expect(asked).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('after 0.1 s'),
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
    ['', /nothing, which is DIRECT/],
    ['DIRECT', /it says "DIRECT"/],
    ['HTTPS p:443', /it says "HTTPS p:443"/],
    ['PROXY a:b', /that is none/],
    ['PROXY u:pw@a:1', /that is none/],
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
      readScript(source, { cwd: dir, timeoutMs }).catch(({ exitCode, message }) => `${exitCode} ${message}`);
    expect(await refused('big.pac')).toMatch(/^5 .*larger than 1 MiB/);
    expect(await refused('none.pac')).toMatch(/^5 .*ENOENT/);
    expect(await refused('.')).toMatch(/^5 .*no plain file/);
    expect(await refused('ftp://a/p.pac')).toMatch(/^2 --pac takes/);
    expect(await refused('http://u:s3cret@127.0.0.1/p.pac')).toMatch(/^2 (?!.*s3cret)/);
    const url = await serve(({ url: path }, response) => {
      if (path?.startsWith('/big') === true) response.end(' '.repeat(MAX_SCRIPT_BYTES + 1));
      else if (path?.startsWith('/404') === true) response.writeHead(404).end();
    });
    expect(await refused(url.replace('proxy.pac', 'big.pac'))).toMatch(/^5 .*larger than 1 MiB/);
    expect(await refused(url.replace('proxy.pac', '404'))).toMatch(/^5 .*answers 404/);
    expect(await refused(url, 50)).toMatch(/^5 the PAC script proxy.pac cannot be read .*timeout/);
  });
});

suiteNeeding('--pac', ['npm:pac-resolver', 'npm:quickjs-wasi'], () => {
  async function cli(...args: string[]) {
    writeFileSync(
      join(dir, 'p.pac'),
      script('return host == "127.0.0.9" ? "DIRECT" : "SOCKS s:1; PROXY " + host + ":3128"'),
    );
    const host = createFakeHost({ cwd: dir, home: dir, env: { RUSHHOUR_PROXY: '127.0.0.8:1' } });
    const run = createFakeRun();
    const exitCode = await runCli(args, host, run.services);
    const arms = run.options?.scenario.arms ?? [];
    return { exitCode, arms, out: host.stdout.text, err: host.stderr.text };
  }

  it('fills the proxy of hit and of each arm of run, and the plan says whence', async () => {
    const hit = await cli('hit', 'http://127.0.0.1/', '--pac', 'p.pac');
    expect([hit.exitCode, hit.arms[0]?.proxy]).toEqual([0, { host: '127.0.0.1', port: 3128 }]);
    const line = 'proxy 127.0.0.1:3128 from p.pac for http://127.0.0.1/ (passing over SOCKS s:1)';
    expect(hit.err.replace(/\s+/g, ' ')).toContain(line);

    const run = await cli('run', 'steady', '--pac', 'p.pac', '--target', 'http://127.0.0.1/');
    expect([run.exitCode, run.arms[0]?.proxy, run.arms[1]?.target.host, run.arms[1]?.target.port]).toEqual([
      0,
      { host: '127.0.0.1', port: 3128 },
      '127.0.0.1',
      3128,
    ]);
    expect(run.err.replace(/\s+/g, ' ')).toContain(line);
  });

  it('is shown by doctor, with a scenario and without', async () => {
    for (const scenario of [[], ['steady']]) {
      const { out } = await cli('doctor', ...scenario, '--pac', 'p.pac', '--target', 'http://127.0.0.1/');
      expect(out.replace(/\s+/g, ' ')).toContain(
        'p.pac names proxy 127.0.0.1:3128 for http://127.0.0.1/: "SOCKS s:1; PROXY 127.0.0.1:3128"',
      );
    }
  });

  it.each([
    [['hit', 'http://127.0.0.9/', '--pac', 'p.pac'], 5, 'it says "DIRECT"'],
    [['hit', 'http://127.0.0.1/', '--pac', 'none.pac'], 5, 'ENOENT'],
    [['hit', 'tcp://127.0.0.1:9', '--pac', 'p.pac'], 2, '--pac needs an http:// or https:// URL'],
    [['hit', 'http://127.0.0.1/', '--pac', 'p.pac', '-x', 'a:1'], 2, 'cannot be used with'],
    [['run', 'check-tcp', '--pac', 'p.pac', '--target', 'tcp://127.0.0.1:9'], 2, '--pac: no arm'],
    [['hit', 'http://127.0.0.9/?token=s3cret', '--pac', 'p.pac'], 5, '127.0.0.9/?token='],
    [['doctor', '--pac', 'p.pac'], 2, 'there is none'],
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
