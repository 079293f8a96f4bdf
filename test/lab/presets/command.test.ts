import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Summary } from '../../../src/analysis/types.ts';
import { registerLab } from '../../../src/cli/commands/lab/index.ts';
import type { Context } from '../../../src/cli/context.ts';
import { reportError } from '../../../src/cli/output/report-error.ts';
import { listNamespaces } from '../../../src/lab/namespace.ts';
import { isAlive } from '../../../src/lab/process-id.ts';
import { type LabProcess, listLabs, STATE_DIR } from '../../../src/lab/state.ts';
import { createFakeHost } from '../../cli/fake-host.ts';
import { createFakeRun } from '../../cli/fake-services.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

/** The lab's commands alone. */
async function lab(...args: string[]) {
  const host = createFakeHost();
  let exitCode: number = 0;
  const context: Context = {
    host,
    services: createFakeRun().services,
    args,
    act:
      (work) =>
      async (...given) => {
        exitCode = await work(...given);
      },
  };
  const program = new Command('rushhour').exitOverride();
  registerLab(program, context);
  await program.parseAsync(['lab', ...args], { from: 'user' }).catch((error) => {
    exitCode = reportError(error, host);
  });
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** In a process of its own, for what it runs writes where it does itself. */
function start(...args: string[]): { pid: number; exitCode: Promise<number> } {
  const child = spawn(process.execPath, [MAIN, 'lab', ...args], { stdio: 'ignore' });
  return {
    pid: child.pid!,
    exitCode: new Promise((resolve) => child.once('exit', (code) => resolve(code ?? -1))),
  };
}

/** The id of the lab that a process is about to make. */
async function findLabOf(pid: number): Promise<string> {
  for (;;) {
    const own = listLabs(STATE_DIR).find(({ owner }) => owner?.pid === pid);
    if (own !== undefined) return own.id;
    await sleep(5);
  }
}

describe('lab list', () => {
  it('tells of each preset what it shows, what it mimics and what can be set', async () => {
    const { exitCode, out } = await lab('list');
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^timewait-1s\n {2}shows {5}handshakes freeze .*\n(.*\n)* {2}mimics {4}FortiGate tcp-timewait-timer 1 s/m,
    );
    expect(out).toContain('  set       t=1s, ports=0, pick=in-turn, timestamps=off, clients=10');
  });

  it('is JSON where asked for', async () => {
    const { presets } = JSON.parse((await lab('list', '--json')).out);
    expect(presets.find(({ name }: { name: string }) => name === 'small-nat-pool').parameters[0]).toEqual({
      name: 'ports',
      help: 'ports of the NAT, from 2000 up',
      range: 'a whole number from 1 to 12000',
      default: '500',
    });
  });
});

it('lab up refuses an unknown preset before it builds anything', async () => {
  const { exitCode, err } = await lab('up', 'helthy');
  expect([exitCode, err]).toEqual([
    2,
    'rushhour: There is no lab preset "helthy".\n  did you mean "healthy"?\n',
  ]);
});

suiteNeeding('the lab as its user sees it', ['linux', 'root', 'netns', 'ip', 'nft', 'curl'], () => {
  it('comes up, runs commands with their exit codes, and goes', async () => {
    const up = await lab('up', 'healthy', '--set', 'clients=2');
    expect(up.exitCode).toBe(0);
    const id = /^lab (\w{4}): healthy \(clients=2, timestamps=on\)/.exec(up.out)?.[1] ?? '';
    try {
      const curl = ['exec', '--lab', id, '--', 'curl', '-sf', '-o', '/dev/null'];
      expect((await lab(...curl, '{target}')).exitCode).toBe(0);
      expect((await lab(...curl, '-x', '{proxy2}', '{target2}')).exitCode).toBe(0);
      // 7: could not connect (curl(1)).
      expect((await lab(...curl, 'http://{closed}/')).exitCode).toBe(7);
      const told = [
        'exec',
        '--lab',
        id,
        '--',
        'sh',
        '-c',
        'test $RUSHHOUR_LAB_CLIENTS = 10.10.1.1,10.10.1.2 && kill -9 $$',
      ];
      expect((await lab(...told)).exitCode).toBe(137);
      expect(
        (await lab('exec', '--lab', id, '--in', 'fw', '--', 'sh', '-c', 'nft list table ip nothing 2>&-'))
          .exitCode,
      ).toBe(1);
    } finally {
      const down = await lab('down', '--lab', id);
      expect([down.exitCode, down.out]).toEqual([0, `removed lab ${id} (healthy)\n`]);
    }
    expect((await lab('exec', '--lab', id, '--', 'true')).err).toContain(`No lab "${id}" is up.`);
  });

  it.each([
    ['healthy', 0, 'auto'],
    ['pre-answered', 3, 'off'],
  ])('runs a scenario in %s, passes its exit code on (%i) and leaves nothing', async (preset, expected, capture) => {
    const results = mkdtempSync(join(tmpdir(), 'rushhour-lab-results-'));
    try {
      const flags = ['--target', 'tcp://{closed}', '--duration', '1s', '--results', results, '--quiet'];
      flags.push('--capture', capture);
      const running = start('run', preset, 'closed-port', ...flags);
      const id = await findLabOf(running.pid);
      expect(await running.exitCode).toBe(expected);
      const [run = '', ...others] = readdirSync(results);
      expect(others).toEqual([]);
      const names = readdirSync(join(results, run));
      expect(names.filter((name) => capture === 'off' && /^(capture|far)/.test(name))).toEqual([]);
      // What the far end's host counted is seen from here: it refuses every SYN.
      const { arms, farCounters }: Summary = JSON.parse(
        readFileSync(join(results, run, 'summary.json'), 'utf8'),
      );
      const started = Object.values(arms).reduce((sum, arm) => sum + arm.started, 0);
      expect(farCounters?.['TcpOutRsts']).toBeGreaterThanOrEqual(started * 0.9);
      expect((await listNamespaces()).filter((name) => name.startsWith(`rh-${id}-`))).toEqual([]);
      expect(listLabs(STATE_DIR).filter((state) => state.id === id)).toEqual([]);
    } finally {
      rmSync(results, { recursive: true });
    }
  });

  /** A run in a lab that holds connections, in a process group of its own, once load flows. */
  async function runHolding(): Promise<{ pid: number; id: string; results: string; code: Promise<number> }> {
    const results = mkdtempSync(join(tmpdir(), 'rushhour-lab-results-'));
    const scenario = join(results, 'held.yaml');
    writeFileSync(scenario, HELD);
    const args = ['run', 'healthy', scenario, '--results', results, '--quiet'];
    const child = spawn(process.execPath, [MAIN, 'lab', ...args], { stdio: 'ignore', detached: true });
    const code = new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? -1)));
    const id = await findLabOf(child.pid!);
    await expect.poll(() => readOnly(results, 'frames.jsonl'), { timeout: 30_000 }).toContain('\n');
    return { pid: child.pid!, id, results, code };
  }

  async function expectGone(id: string, processes: readonly LabProcess[]): Promise<void> {
    await expect
      .poll(() => listLabs(STATE_DIR).filter((state) => state.id === id), { timeout: 20_000 })
      .toEqual([]);
    expect((await listNamespaces()).filter((name) => name.startsWith(`rh-${id}-`))).toEqual([]);
    await expect.poll(() => processes.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  }

  it('drains what runs inside where the whole process group has a signal, and leaves nothing', async () => {
    const { pid, id, results, code } = await runHolding();
    const { processes } = listLabs(STATE_DIR).find((state) => state.id === id)!;
    process.kill(-pid, 'SIGINT');
    expect(await code).toBe(130);
    const { run, arms } = JSON.parse(readOnly(results, 'summary.json')) as Summary;
    expect(run.status).toBe('interrupted');
    expect(arms['held']!.outcomes).toEqual({ ok: arms['held']!.started });
    await expectGone(id, processes);
    rmSync(results, { recursive: true });
  });

  it('ends what runs inside, and takes itself away, where it is killed', async () => {
    const { pid, id, results, code } = await runHolding();
    const { processes } = listLabs(STATE_DIR).find((state) => state.id === id)!;
    expect(processes.map(({ role }) => role)).toEqual(['reaper', 'far-end', 'run']);
    process.kill(pid, 'SIGKILL');
    await code;
    await expectGone(id, processes);
    rmSync(results, { recursive: true });
  });
});

/** A connection that is held while a signal comes is cut where its far end dies, or where it is not left to settle. */
const HELD = `
schema: 1
target: /
arms:
  held:
    via: tcp
    hold: 700ms
    close: reset
    load:
      - hold: { rate: 20/s, for: 60s }
`;

/** A file of the one run that there is; empty as long as there is none. */
function readOnly(results: string, name: string): string {
  try {
    const [run = ''] = readdirSync(results, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
    return readFileSync(join(results, run, name), 'utf8');
  } catch {
    return '';
  }
}
