import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../errors.ts';
import { locateBuilt } from '../places.ts';
import { toolEnvironment } from './command.ts';
import { identifyProcess } from './process-id.ts';
import type { StateFile } from './state.ts';

/**
 * A shell that becomes the program on request, and exits if its parent dies first. Its pid is recorded before that, so
 * no process of a lab is ever unrecorded. exec keeps pid and start time.
 */
const GATE = 'read -r go <&3 || exit 1; exec 3<&-; exec "$@"';

/** Our programs start within a second; a Raspberry Pi under load takes longer. */
const PATIENCE_MS = 20_000;

/** The command line of a program of the lab. */
export function programLine(program: string, ...args: string[]): string[] {
  return [process.execPath, locateBuilt(`lab/${program}/main.js`), ...args];
}

/** A background process of a lab. */
export interface Launched {
  readonly pid: number;
  /**
   * Waits for a particular line of its output.
   * @throws EnvironmentError if it ends first, or takes too long
   */
  said(matches: (line: string) => boolean): Promise<string>;
  /** @throws EnvironmentError if it has ended */
  checkAlive(): void;
}

/** Starts a process that outlives this one and is removed with the lab. */
export function launch(file: StateFile, role: string, argv: readonly string[]): Launched {
  const logPath = join(file.logDir, `${role}.log`);
  const log = openSync(logPath, 'a', 0o600);
  // Its own session: Ctrl-C at the terminal is not meant for it.
  const child = spawnRecorded(file, role, argv, { detached: true, stdio: ['ignore', log, log, 'pipe'] });
  closeSync(log);
  child.unref();

  const checkAlive = (): void => {
    if (child.exitCode === null && child.signalCode === null) return;
    const why = readFileSync(logPath, 'utf8').trim().slice(-500);
    throw new EnvironmentError(`The lab's ${role} ended at once: ${why || 'no reason given'}.`);
  };
  return {
    pid: child.pid ?? 0,
    checkAlive,
    async said(matches) {
      const until = Date.now() + PATIENCE_MS;
      while (Date.now() < until) {
        const line = readFileSync(logPath, 'utf8').split('\n').slice(0, -1).find(matches);
        if (line !== undefined) return line;
        checkAlive();
        await sleep(10);
      }
      throw new EnvironmentError(`The lab's ${role} was not ready within ${PATIENCE_MS / 1_000} s.`);
    },
  };
}

/**
 * Starts a process and records it before it becomes the requested program.
 * @param options its fourth descriptor must be a pipe: the gate
 */
export function spawnRecorded(
  file: StateFile,
  role: string,
  argv: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn('sh', ['-c', GATE, 'sh', ...argv], { env: toolEnvironment(), ...options });
  const gate = child.stdio[3] as Writable;
  child.on('error', () => {});
  gate.on('error', () => {});
  try {
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (identity === undefined) throw new EnvironmentError(`The lab could not start its ${role}.`);
    file.change({ processes: [...file.state.processes, { ...identity, role }] });
    gate.write('go\n');
  } finally {
    gate.end();
  }
  return child;
}
