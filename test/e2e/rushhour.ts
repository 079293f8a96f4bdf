import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../../src/analysis/types.ts';
import type { Host } from '../../src/cli/host.ts';
import type { Output } from '../../src/cli/output/process-output.ts';
import type { runCli } from '../../src/cli/run-cli.ts';
import { recorded } from './recorded.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'bin/rushhour');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once its output (both streams) has matched. */
  until(pattern: RegExp): Promise<void>;
}

/** What they start has the folder and the streams of their process, or they leave its number in what they write. */
const APART = ['lab', 'soak'];

const { importBuilt } = createRequire(import.meta.url)('./import-built.cjs') as {
  importBuilt(path: string): Promise<{ runCli: typeof runCli }>;
};

/**
 * Runs the built program in this very process, from its arguments to its exit code. A process of its own takes more than
 * half a second of a processor to load what is loaded here once, and differs by what src/cli/main.ts adds, for which there is
 * `start`: signals, the end of the process.
 */
async function runHere(args: readonly string[], cwd: string): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof written): Output => ({
    write(text) {
      written[name] += text;
    },
    ...{ isTTY: false, columns: Number.POSITIVE_INFINITY },
  });
  const host: Host = {
    ...{ stdout: keep('stdout'), stderr: keep('stderr'), cwd, env: process.env, home: homedir() },
    program: 'rushhour',
    ...{ cores: availableParallelism(), now: Date.now, onStopSignal: () => () => undefined },
    setVariable(name, value) {
      process.env[name] = value;
    },
  };
  const { runCli } = await importBuilt('cli/run-cli.js');
  const code = await runCli(args, host);
  return { code, ...written };
}

/** What each of its threads waits for in the kernel (proc_pid_wchan(5)) beside its state (proc_pid_stat(5)), and its files. */
async function describeThreads(pid: number): Promise<string> {
  const proc = `/proc/${pid}`;
  const read = (file: string): Promise<string> => readFile(join(proc, file), 'utf8').catch(() => '');
  const tasks = await readdir(`${proc}/task`).catch(() => []);
  const threads = tasks.map(async (id) => {
    const [wchan, stat] = await Promise.all([read(`task/${id}/wchan`), read(`task/${id}/stat`)]);
    return `${wchan} ${stat.trim()}`;
  });
  const fds = await readdir(`${proc}/fd`).catch(() => []);
  const files = fds.map((fd) => readlink(`${proc}/fd/${fd}`).catch(() => ''));
  return [
    '',
    'its threads:',
    ...(await Promise.all(threads)),
    'its files:',
    ...(await Promise.all(files)),
  ].join('\n');
}

/** A folder of its own for results, configuration and scenario files; removed by `clean`. */
export function makeWorkplace() {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-e2e-'));
  const results = join(dir, 'results');
  Object.assign(process.env, { XDG_CONFIG_HOME: join(dir, 'config'), NO_COLOR: '1' });
  const running = new Map<ChildProcess, () => string>();

  /** Starts the program as a user would, in a process of its own; `before` goes in front of it (a namespace, a limit). */
  const start = (args: readonly string[], before: readonly string[] = []): Started => {
    const [command, ...rest] = [...before, process.execPath, LAUNCHER, ...args];
    const child = spawn(command!, rest, {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    running.set(child, () => `${args.join(' ')}\n${stdout}${stderr}`);
    const watchers = new Set<() => void>();
    const hear = (): void => {
      for (const watcher of watchers) watcher();
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
      hear();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
      hear();
    });
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        running.delete(child);
        resolve({ code, stdout, stderr });
        hear();
      });
    });
    return {
      child,
      finished,
      until: (pattern) =>
        new Promise((resolve, reject) => {
          const watcher = (): void => {
            if (pattern.test(stdout) || pattern.test(stderr)) resolve();
            else if (child.exitCode !== null)
              reject(new Error(`ended before ${pattern}: ${stdout}${stderr}`));
            else return;
            watchers.delete(watcher);
          };
          watchers.add(watcher);
          watcher();
        }),
    };
  };

  /** Runs it to its end: in this process, or, behind `before` or where the command wants that, in one of its own. */
  const run = (args: readonly string[], before: readonly string[] = []): Promise<Finished> =>
    before.length === 0 && !APART.includes(args[0] ?? '') ? runHere(args, dir) : start(args, before).finished;

  return {
    dir,
    results,
    start,
    run,
    /** Runs `run` or `hit` with `--json` and returns the summary. */
    async measure(
      args: readonly string[],
      before: readonly string[] = [],
    ): Promise<Summary & { code: number | null }> {
      const { code, stdout, stderr } = await run(
        [...args, '--json', '--quiet', '--results', results],
        before,
      );
      if (!stdout.startsWith('{')) throw new Error(`no summary (exit ${code}): ${stderr}${stdout}`);
      return { ...(JSON.parse(stdout) as Summary), code };
    },
    async scenario(name: string, yaml: string): Promise<string> {
      const file = join(dir, `${name}.yaml`);
      await writeFile(file, yaml);
      return file;
    },
    /** Waits until a run under way, with that label if any, has recorded so many seconds; gives its folder. */
    recorded: (isEnough: number | ((frames: string) => boolean), label?: string) =>
      recorded(results, isEnough, label),
    /** Ends what its test has left running, and tells what that had printed: it may be why the test failed. */
    async clean() {
      for (const [child, said] of running) {
        if (child.exitCode === null && child.signalCode === null) {
          process.stderr.write(`still running: ${said()}${await describeThreads(child.pid!)}`);
          child.kill('SIGKILL');
        }
      }
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type Workplace = ReturnType<typeof makeWorkplace>;
