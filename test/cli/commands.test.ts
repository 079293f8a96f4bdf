import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { hostFacts } from '../doctor/facts.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-cli-'));
  mkdirSync(join(dir, 'scenarios'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(args: string[], services = createFakeRun().services) {
  const host = createFakeHost({ cwd: dir, home: dir });
  const exitCode = await runCli(args, host, services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

const writeScenario = (name: string, text: string): void =>
  writeFileSync(join(dir, 'scenarios', `${name}.yaml`), text);
const MINE =
  'schema: 1\ndescription: my own\narms:\n  a:\n    via: proxy\n    load:\n      - hold: { rate: 1/s, for: 90s }\n';

describe('the command line', () => {
  const namesFor = async (...args: string[]): Promise<string[]> => {
    const { services } = createFakeRun();
    const program = await createProgram({
      host: createFakeHost(),
      services,
      args,
      act: () => async () => {},
    });
    return program.commands.map((command) => command.name());
  };

  it('knows the command that is typed, and loads no other', async () => {
    expect(await namesFor('run', 'steady')).toEqual(['run']);
  });

  it.each([
    'help',
    'manual',
    'completion',
    'runn',
    '--help',
    'constructor',
    '',
    '-- run',
    '--help run',
  ])('knows all for %s', async (line) => {
    const names = await namesFor(...line.split(' '));
    expect(names).toEqual(await namesFor());
    expect(names.length).toBeGreaterThan(15);
  });
});

describe('a flag of an earlier version', () => {
  it('is refused with what to do about it, and not offered', async () => {
    const lines = [
      'run steady --reactor io_uring',
      'run steady --reactor=epoll',
      'soak steady --reactor=auto',
    ];
    for (const line of lines) {
      const { exitCode, err } = await cli(line.split(' '));
      expect(exitCode).toBe(2);
      expect(err).toContain('--reactor was removed together with io_uring\n  remove it');
    }
    const { out } = await cli(['run', '--help']);
    expect(out).not.toContain('--reactor');
  });
});

describe('help', () => {
  /** Every command, by its words. */
  async function listCommands(): Promise<string[][]> {
    const program = await createProgram({
      ...{ host: createFakeHost(), services: createFakeRun().services, args: ['manual'] },
      act: () => async () => {},
    });
    const below = (command: Command, path: string[]): string[][] => [
      path,
      ...command.commands.flatMap((one) => below(one, [...path, one.name()])),
    ];
    return below(program, []);
  }

  const helpAt = async (columns: number, path: readonly string[]): Promise<string> => {
    const host = createFakeHost({ cwd: dir, home: dir, columns });
    await runCli([...path, '--help'], host, createFakeRun().services);
    return host.stdout.text;
  };

  it('lists each command as it is once it is loaded', async () => {
    const listedBy = async (...args: string[]): Promise<string> => {
      const program = await createProgram({
        ...{ host: createFakeHost(), services: createFakeRun().services, args },
        act: () => async () => {},
      });
      return program.helpInformation();
    };
    expect(await listedBy('--help')).toBe(await listedBy('manual'));
  });

  it('is that of the command which is asked for, however that is asked', async () => {
    const { out: asked } = await cli(['run', '--help']);
    for (const line of ['help run', '-- help run'])
      expect((await cli(line.split(' '))).out, line).toBe(asked);
    expect((await cli(['--help', 'run'])).out).toContain('Usage: rushhour [options] [command]');
  });

  it('of every command fits the terminal, examples and all', async () => {
    const paths = await listCommands();
    expect(paths.length).toBeGreaterThan(30);
    for (const columns of [60, 80, 100]) {
      for (const path of paths) {
        const text = await helpAt(columns, path);
        expect(text).toContain('-h, --help');
        // As it is typed: no microseconds, and once.
        expect(text, path.join(' ')).not.toMatch(/default: (?:\d{6,}|""|.*\(default: )/);
        // Whoever types a command's usage has it on one line.
        const lines = text.split('\n').filter((line) => !line.startsWith('Usage: '));
        const long = lines.filter((line) => line.length > columns);
        expect(long, `${path.join(' ')} at ${columns}`).toEqual([]);
      }
    }
  });

  it('breaks examples where a shell goes on reading, and nothing else of them', async () => {
    const commandsAt = async (columns: number) =>
      (await helpAt(columns, ['hit']))
        .replace(/ \\\n +/g, ' ')
        .split('\n')
        .filter((line) => line.startsWith('  rushhour '));
    const narrow = await commandsAt(60);
    expect(narrow.length).toBeGreaterThan(5);
    expect(narrow).toEqual(await commandsAt(100));
    expect(await helpAt(60, ['hit'])).toContain(
      '  rushhour hit http://www.example.org/?n={nonce} \\\n      -x proxy.example:3128 --rate 500 -t 60\n',
    );
  });

  it('puts what examples are for below them where there is no room beside', async () => {
    expect(await helpAt(60, [])).toContain(
      '  rushhour run quickstart\n      check that everything works, on this machine only\n',
    );
    expect(await helpAt(100, [])).toMatch(/ {2}rushhour run quickstart {4,}check that everything works/);
  });

  it.each([
    [[]],
    [['run']],
    [['hit']],
    [['scenarios']],
    [['results']],
    [['results', 'show']],
    [['results', 'label']],
    [['results', 'note']],
    [['results', 'prune']],
    [['experiment']],
    [['trend']],
    [['soak']],
    [['soak', 'install']],
    [['soak', 'status']],
    [['soak', 'uninstall']],
    [['serve']],
    [['export']],
    [['doctor']],
    [['completion']],
    [['schema']],
    [['help']],
  ])('of %j has an example, on stdout', async (path) => {
    const { exitCode, out, err } = await cli([...path, '--help']);
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: rushhour${path.map((word) => ` ${word}`).join('')}`);
    expect(out).toMatch(/Examples?:\n {2}\S*rushhour|source <\(rushhour/);
  });

  it.each([
    [[]],
    [['run']],
    [['soak', 'install']],
    [['lab', 'up']],
  ])('of %j is shown by help, too', async (path) => {
    const asked = await cli(['help', ...path]);
    expect(asked).toEqual(await cli([...path, '--help']));
    expect(asked.exitCode).toBe(0);
  });

  it('of a command that there is not names the one that was meant', async () => {
    const { exitCode, out, err } = await cli(['help', 'soak', 'instal']);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('did you mean "install"?');
  });

  it.each([[[]], [['run']], [['hit']]])('of %j tells of percentiles, CSV and JSON', async (path) => {
    const { out } = await cli([...path, '--help']);
    expect(out).toMatch(/percentiles[\s\S]*--json[\s\S]*export[\s\S]*CSV/);
  });

  it('comes with exit code 2 and on stderr where a command is missing', async () => {
    const { exitCode, out, err } = await cli([]);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain('Usage: rushhour');
  });

  it.each([
    [['--version']],
    [['-V']],
    [['--version', '--quiet']],
  ])('tells the version of package.json: %j', async (args) => {
    const { exitCode, out } = await cli(args);
    expect(exitCode).toBe(0);
    expect(out.replace(/ \(commit [0-9a-f]{12}\)\n$/, '\n')).toBe(`${manifest.version}\n`);
  });
});

describe('scenarios', () => {
  it('lists those that come with rushhour and those of the working folder', async () => {
    writeScenario('mine', MINE);
    const { exitCode, out } = await cli(['scenarios']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^mine +1 min 30 s +--proxy --target +my own$/m);
    expect(out).toMatch(/^quickstart +10 s +About/m);
  });

  it('lists a broken one as such, and the others all the same', async () => {
    writeScenario('broken', 'schema: 1\narm: {}\n');
    const { exitCode, out } = await cli(['scenarios']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^broken .* mistakes?$/m);
    expect(out).toContain('quickstart');
  });

  it('shows one with its YAML and what it needs', async () => {
    writeScenario('mine', MINE);
    const { exitCode, out } = await cli(['scenarios', 'mine']);
    expect(exitCode).toBe(0);
    expect(out).toContain('needs   --proxy --target');
    expect(out).toContain(MINE);
  });

  it('shows every mistake of a broken one, with exit code 2', async () => {
    writeScenario('broken', 'schema: 1\narm: {}\n');
    const { exitCode, out } = await cli(['scenarios', 'broken']);
    expect(exitCode).toBe(2);
    expect(out).toMatch(/broken\.yaml:2:\d+/);
  });

  it('prints names for completion, and everything as JSON', async () => {
    writeScenario('mine', MINE);
    const names = (await cli(['scenarios', '--names'])).out.split('\n');
    const entries = JSON.parse((await cli(['scenarios', '--json'])).out) as { name: string }[];
    expect(names).toContain('mine');
    expect(entries.map(({ name }) => name)).toEqual(names.slice(0, -1));
  });
});

describe('schema', () => {
  it('prints a JSON Schema', async () => {
    const { exitCode, out } = await cli(['schema']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ type: 'object', required: expect.arrayContaining(['arms']) });
  });
});

describe('doctor', () => {
  const judged = (over: Parameters<typeof hostFacts>[0]) => ({
    ...createFakeRun().services,
    readHostFacts: async () => hostFacts(over),
  });

  it('ends well on a machine in good order', async () => {
    const { exitCode, out } = await cli(['doctor']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/\nready\n$/);
  });

  it('ends with exit code 5 where the scenario cannot be run, and shows the command that mends it', async () => {
    const { exitCode, out } = await cli(
      ['doctor', 'steady', '--proxy', '10.0.0.5:1', '--target', 'http://10.0.0.9/'],
      judged({ fdLimit: { soft: 300, hard: 300 } }),
    );
    expect(exitCode).toBe(5);
    expect(out).toMatch(/^fail {2}300 open files/m);
    expect(out).toMatch(/^ {6}-> as root: ulimit -n 1024/m);
    expect(out).toMatch(/1 check failed\n$/);
  });

  it('judges the scenario that the flags make of it', async () => {
    const { out } = await cli([
      'doctor',
      'steady',
      '--proxy',
      '10.0.0.5:1',
      '--target',
      'http://10.0.0.9/',
      '--set',
      'arms.traffic.close=fin',
    ]);
    expect(out).toContain('arm traffic: this side closes first');
  });

  it('takes --tcp-timestamps as a run does', async () => {
    const steady = ['doctor', 'steady', '--proxy', '10.0.0.5:1', '--target', 'http://10.0.0.9/'];
    const services = judged({ sysctls: { ...hostFacts().sysctls, 'net.ipv4.tcp_timestamps': '1' } });
    const { out } = await cli([...steady, '--tcp-timestamps', 'off'], services);
    expect(out).toContain('TCP timestamps are on; the run switches them off and restores them');
    expect((await cli([...steady, '--tcp-timestamps', 'on'], services)).out).not.toContain('switches them');
    expect((await cli([...steady, '--tcp-timestamps', 'maybe'])).exitCode).toBe(2);
  });

  it('prints facts and checks as JSON', async () => {
    const printed = JSON.parse((await cli(['doctor', '--json'])).out) as {
      facts: unknown;
      checks: unknown[];
    };
    expect(printed.facts).toEqual(hostFacts());
    expect(printed.checks.length).toBeGreaterThan(5);
  });
});

describe('colour', () => {
  const doctor = async (env: Record<string, string>, tty: boolean): Promise<boolean> => {
    const host = createFakeHost({ env, tty });
    await runCli(['doctor'], host, createFakeRun().services);
    return host.stdout.text.includes('\u001b[');
  };

  it.each([
    [true, true, {}],
    [false, false, {}],
    [true, false, { NO_COLOR: '1' }],
    [true, true, { NO_COLOR: '' }],
    [true, false, { TERM: 'dumb' }],
    [false, true, { FORCE_COLOR: '1' }],
    [true, false, { FORCE_COLOR: '0' }],
  ])('on a terminal: %s, coloured: %s, with %j', async (tty, coloured, env) => {
    expect(await doctor(env, tty)).toBe(coloured);
  });
});
