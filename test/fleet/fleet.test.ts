import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const POLICY = 'schema: 1\nembedded: true\nrate: 200\nattempts: 5000\n';

suiteNeeding('a fleet', ['nats-server'], () => {
  let dir: string;
  let port: number;
  let children: ChildProcess[];
  const said = new Map<ChildProcess, { out: string; err: string }>();

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rushhour-fleet-'));
    children = [];
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    await new Promise((closed) => server.close(closed));
    for (const [id, text] of [
      ['a', 'labels: { site: leeds }\n'],
      ['b', 'labels: { site: york }\n'],
    ] as const)
      writeFileSync(join(dir, `${id}.yaml`), POLICY + text);
  });
  afterEach(async () => {
    for (const child of children.reverse()) await end(child, 'SIGTERM');
    rmSync(dir, { recursive: true, force: true });
  });

  function start(args: readonly string[], ofNode: readonly string[] = []): ChildProcess {
    const child = spawn(process.execPath, [...ofNode, MAIN, ...args], {
      ...{ cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const text = { out: '', err: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk));
    said.set(child, text);
    children.push(child);
    return child;
  }
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const up = async (...probes: readonly string[]): Promise<ChildProcess> => {
    const server = start(['fleet', 'up', '--port', String(port), ...probes.flatMap((id) => ['--probe', id])]);
    await expect.poll(() => said.get(server)?.out, { timeout: 30_000 }).toContain('press Ctrl-C');
    return server;
  };
  const probe = (id: string, ofNode: readonly string[] = []): ChildProcess =>
    start(
      ['probe', '--credentials', `fleet/credentials/${id}.json`, '--policy', `${id}.yaml`, '--results', id],
      ofNode,
    );
  const call = async (...args: readonly string[]) => {
    const child = start(args);
    const [code] = await once(child, 'close');
    return { code, ...said.get(child)! };
  };
  const present = async (...ids: readonly string[]): Promise<void> => {
    await expect
      .poll(async () => (await call('fleet', 'ls')).out.match(/^ {2}(\w+) .* idle /gm)?.length, {
        timeout: 60_000,
      })
      .toBe(ids.length);
  };
  const filesOf = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
  /** The only run of a probe, as it has it and as it arrived. */
  const bothOf = (id: string, fleetRun: string) => {
    const [own = ''] = readdirSync(join(dir, id)).filter((name) => !name.startsWith('.'));
    return { own: filesOf(join(dir, id, own)), copy: filesOf(join(dir, 'results', `${fleetRun}-${id}`)) };
  };
  const secondsOf = ({ 'frames.jsonl': frames = '' }: Record<string, string>): number[] =>
    frames
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).second);

  it('runs a scenario at the same second from those that are selected, and has their folders byte for byte', async () => {
    await up('a', 'b');
    probe('a');
    probe('b');
    await present('a', 'b');
    const { code, out } = await call(
      'fleet',
      'run',
      'quickstart',
      '--rate-total',
      '100',
      '-t',
      '2s',
      '--json',
    );
    const run = JSON.parse(out);
    expect(code).toBe(0);
    expect(run.parts.map(({ probe: id }: { probe: string }) => id)).toEqual(['a', 'b']);
    const firsts: string[] = [];
    for (const { probe: id, skewMs, summary, copy } of run.parts) {
      const { own, copy: copied } = bothOf(id, run.id);
      expect(copied).toEqual(own);
      expect(copy).toEqual({ hasEnded: true, missing: [], differing: [] });
      expect(skewMs).toEqual(expect.any(Number));
      firsts.push(JSON.parse(own['run.json']!).startedAt);
      expect(summary.run.status).toBe('complete');
    }
    // They have one clock here: second 0 is the same but for what an exchange takes.
    expect(Math.abs(Date.parse(firsts[0]!) - Date.parse(firsts[1]!))).toBeLessThan(1_000);
    const only = await call('fleet', 'run', 'quickstart', '--on', 'site=york', '--rate', '500', '-t', '2s');
    expect(only.code).toBe(5);
    expect(only.out).toMatch(/^ {2}b +site=york +refused$/m);
    expect(only.out).toMatch(/^b refused: \d+(\.\d+)?\/s exceeds the rate that the policy allows, 200\/s$/m);
    expect((await call('fleet', 'run', 'quickstart', '--on', 'site=hull')).err).toContain(
      'no probe that is there matches --on "site=hull"',
    );
  });

  it('begins together with a probe whose clock was set by an hour while it ran', async () => {
    // As it is set: the time since the process began goes on as before.
    const shim = join(dir, 'set.cjs');
    writeFileSync(shim, 'const { now } = Date; Date.now = () => now() + 3_600_000;');
    await up('a', 'b');
    probe('a');
    probe('b', ['--require', shim]);
    await present('a', 'b');
    const { code, out } = await call('fleet', 'run', 'quickstart', '--rate', '50', '-t', '2s', '--json');
    expect(code).toBe(0);
    const [{ offset, skewMs }, { offset: setOffset, skewMs: setSkewMs }] = JSON.parse(out).parts;
    expect(Math.abs(setOffset.offsetMs - offset.offsetMs - 3_600_000)).toBeLessThan(1_000);
    expect([Math.abs(skewMs), Math.abs(setSkewMs)].every((ms) => ms < 1_000)).toBe(true);
  });

  it('loses and doubles no second of a run whose server is killed, and the run ends as planned', async () => {
    const server = await up('a');
    probe('a');
    await present('a');
    const running = start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '8s']);
    await expect.poll(() => said.get(running)?.err, { timeout: 60_000 }).toContain('a: started');
    const [, id = ''] = /(\S+): ordered/.exec(said.get(running)!.err) ?? [];
    // nats-server goes with its parent's end of the pipe, or is killed first.
    const conf = join(dir, 'fleet/nats-server.conf');
    const pids = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(conf);
      } catch {
        return false;
      }
    });
    expect(pids).toHaveLength(1);
    process.kill(Number(pids[0]), 'SIGKILL');
    await once(server, 'exit');
    await end(running, 'SIGKILL');
    // The run is over before there is a server again.
    const own = (): string => readdirSync(join(dir, 'a')).find((name) => !name.startsWith('.')) ?? '';
    await expect
      .poll(() => JSON.parse(readFileSync(join(dir, 'a', own(), 'run.json'), 'utf8')).status, {
        timeout: 60_000,
      })
      .toBe('complete');
    await up();
    const { out, code } = await call('fleet', 'pull', id);
    // Its label was kept when the run was ordered.
    expect(out).toMatch(/^ {2}a +site=leeds +complete /m);
    expect(code).toBe(0);
    const both = bothOf('a', id);
    expect(both.copy).toEqual(both.own);
    const seconds = secondsOf(both.copy);
    expect(seconds).toEqual(seconds.map((_, second) => second));
    expect(seconds.length).toBeGreaterThan(8);
  });

  it('tells what a probe recorded until it was killed, and does not run the order again', async () => {
    await up('a');
    const first = probe('a');
    await present('a');
    const running = start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '20s']);
    await expect.poll(() => said.get(running)?.err, { timeout: 60_000 }).toContain('a: started');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await end(first, 'SIGKILL');
    probe('a');
    const [code] = await once(running, 'close');
    const { out, err } = said.get(running)!;
    expect(err).toContain('a: interrupted (the probe was restarted while the run was in progress)');
    expect(code).toBe(5);
    const [id = ''] = out.split('\n');
    expect(readdirSync(join(dir, 'a')).filter((name) => !name.startsWith('.'))).toHaveLength(1);
    const both = bothOf('a', id);
    expect(both.copy).toEqual(both.own);
    expect(secondsOf(both.copy).length).toBeGreaterThan(0);
  });

  it('stops a run everywhere at Ctrl-C', async () => {
    await up('a');
    probe('a');
    await present('a');
    mkdirSync(join(dir, 'results'));
    const running = start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '60s']);
    await expect.poll(() => said.get(running)?.err, { timeout: 60_000 }).toContain('a: started');
    running.kill('SIGINT');
    await once(running, 'close');
    const { out } = said.get(running)!;
    expect(out).toMatch(/^ {2}a +site=leeds +interrupted /m);
    const both = bothOf('a', out.split('\n')[0]!);
    expect(both.copy).toEqual(both.own);
    expect(secondsOf(both.own).length).toBeLessThan(30);
  });
});
