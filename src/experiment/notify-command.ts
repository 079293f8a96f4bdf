import { EnvironmentError } from '../errors.ts';
import { keepTail, startTimedCommand } from '../timed-command.ts';

/** Of what a command that failed printed, the end that an error repeats. */
const SHOWN_CHARS = 2_000;

/** The command named by --hook, which receives a verdict. */
export interface NotifyCommand {
  /** It may hold a token: it is never repeated. */
  readonly command: string;
  /** What it reads on stdin. */
  readonly input: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutUs: number;
}

/** Where it runs, and what may end it. */
export interface NotifyingHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls the listener for each signal; returns what puts things back. */
  onStopSignal(listener: () => void): () => void;
}

/** @throws EnvironmentError with the end of its output if it does not exit with 0 in time */
export async function runNotifyCommand(
  { command, input, env, timeoutUs }: NotifyCommand,
  host: NotifyingHost,
): Promise<void> {
  const { child, ended, end } = startTimedCommand({
    ...{ command, timeoutUs, stdio: ['pipe', 'pipe', 'pipe'] },
    ...{ cwd: host.cwd, env: { ...host.env, ...env } },
  });
  const output = keepTail([child.stdout, child.stderr], SHOWN_CHARS);
  // It need not read what it is given.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const stopListening = host.onStopSignal(() => end('was interrupted'));
  const how = await ended;
  stopListening();
  if (how !== undefined) throw failed(how, output());
}

function failed(how: string, output: string): EnvironmentError {
  const said = output === '' ? 'it printed nothing' : `it printed:\n${output}`;
  return new EnvironmentError(`the command of --hook ${how}; ${said}`, {
    hint: 'the verdict above stands; run the command by hand with the output of --json on its stdin',
  });
}
