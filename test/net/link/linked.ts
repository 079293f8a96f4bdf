import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode?: number;
}

/** A process in a network namespace that calls functions of net/link. */
export interface Linked {
  readonly child: ChildProcess;
  /** Fails with the error of the function. */
  call<T>(name: string, ...args: unknown[]): Promise<T>;
  /** The error that a call is to fail with. */
  refusal(name: string, ...args: unknown[]): Promise<Refusal>;
  end(): Promise<void>;
  /** As kill -9 does. */
  kill(): Promise<void>;
}

/** Starts it; whoever does has to end it. `prefix` goes before Node. */
export function startLinked(namespace: string, ...prefix: string[]): Linked {
  const main = fileURLToPath(new URL('./link-main.mjs', import.meta.url));
  const child = spawn('ip', ['netns', 'exec', namespace, ...prefix, process.execPath, main], {
    stdio: 'pipe',
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += chunk));
  child.stdin.on('error', () => {});
  const gone = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (call: string, args: unknown[]): Promise<{ value: unknown } | { error: Refusal }> => {
    child.stdin.write(`${JSON.stringify({ call, args })}\n`);
    const answer = await answers.next();
    if (answer.done) throw new Error(`the process ended: ${complaint}`);
    return JSON.parse(answer.value);
  };
  return {
    child,
    async call<T>(name: string, ...args: unknown[]): Promise<T> {
      const answer = await ask(name, args);
      if ('error' in answer) throw new Error(`${name}: ${answer.error.message} (${answer.error.hint})`);
      return answer.value as T;
    },
    async refusal(name, ...args) {
      const answer = await ask(name, args);
      if ('value' in answer) throw new Error(`${name} gave ${JSON.stringify(answer.value)}`);
      return answer.error;
    },
    async end() {
      child.stdin.end();
      await gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
