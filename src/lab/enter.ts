import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { EnvironmentError } from '../errors.ts';
import { describeFacts } from './addresses.ts';
import { toolEnvironment } from './command.ts';
import { namespaceName, type Room } from './lab.ts';
import { spawnRecorded } from './launch.ts';
import { Namespace } from './namespace.ts';
import type { LabState, StateFile } from './state.ts';

/** A command that runs inside a lab, in the foreground. */
export interface LabCommand {
  /** Its exit code; 128 plus the signal's number if a signal ended it, as in shells. */
  readonly exitCode: Promise<number>;
  /** Forwards a signal, so that the command receives it once. */
  stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void;
}

/**
 * Runs a command in one of the lab's namespaces. It belongs to the user: `down` does not end it. At a terminal it runs
 * in the foreground, because it may be a shell; otherwise it has its own session.
 */
export function enterLab(state: LabState, room: Room, argv: readonly string[]): LabCommand {
  const [command, ...args] = new Namespace(namespaceName(state.id, room)).enter(argv);
  const inForeground = isatty(0);
  const options = { stdio: 'inherit', env: labEnvironment(state), detached: !inForeground } as const;
  return follow(spawn(command, args, options), inForeground);
}

/**
 * Runs a command on the clients' side that ends with the lab. It has its own session: otherwise Ctrl-C, sent to the
 * whole process group and forwarded, would reach it twice, and a second signal aborts.
 */
export function runInLab(file: StateFile, argv: readonly string[]): LabCommand {
  const inside = new Namespace(namespaceName(file.state.id, 'client')).enter(argv);
  const stdio = ['inherit', 'inherit', 'inherit', 'pipe'] as const;
  const env = labEnvironment(file.state);
  return follow(spawnRecorded(file, 'run', inside, { stdio: [...stdio], env, detached: true }), false);
}

/** Fills in `{proxy}`, `{closed}` and the like, wherever they occur. */
export function fillFacts(args: readonly string[], clients: number): string[] {
  const facts = new Map(Object.entries(describeFacts(clients)));
  return args.map((arg) => arg.replace(/\{(\w+)\}/g, (hole, name: string) => facts.get(name) ?? hole));
}

/** The same values for scripts: RUSHHOUR_LAB_PROXY, RUSHHOUR_LAB_CLOSED and so on. */
export function labEnvironment(state: LabState): NodeJS.ProcessEnv {
  const facts = Object.entries(describeFacts(state.clients));
  return {
    ...toolEnvironment(),
    RUSHHOUR_LAB: state.id,
    ...farProcess(state),
    ...Object.fromEntries(facts.map(([name, value]) => [`RUSHHOUR_LAB_${name.toUpperCase()}`, value])),
  };
}

/** The process whose /proc/<pid>/net shows the far side's kernel counters to commands on the clients' side. */
function farProcess({ processes }: LabState): NodeJS.ProcessEnv {
  const far = processes.find(({ role }) => role === 'far-end');
  return far === undefined ? {} : { RUSHHOUR_FAR_PROCESS: String(far.pid) };
}

function follow(child: ChildProcess, inForeground: boolean): LabCommand {
  // The terminal reports a size change only to its foreground process.
  const resized = (): void => void child.kill('SIGWINCH');
  if (!inForeground) process.on('SIGWINCH', resized);
  return {
    exitCode: settle(child).finally(() => process.off('SIGWINCH', resized)),
    stop(signal) {
      // In the foreground, Ctrl-C has already reached it.
      if (signal !== 'SIGINT' || !inForeground) child.kill(signal);
    },
  };
}

async function settle(child: ChildProcess): Promise<number> {
  const ended = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  const [code, signal] = await ended.catch((cause) => {
    throw new EnvironmentError(`The command could not be started: ${cause}`, { cause });
  });
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}
