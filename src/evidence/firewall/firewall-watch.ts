import { programOf } from '../../scenario/shell-command.ts';
import type { FirewallSpec } from '../../scenario/types.ts';
import {
  FirewallFile,
  type FirewallOutput,
  type FirewallPhase,
  MOST_OUTPUT_BYTES,
} from '../../store/firewall-file.ts';
import { redactOutput } from './redact-output.ts';
import { type Answer, type AskedRun, runCommand } from './run-command.ts';

export interface FirewallWatchOptions {
  readonly spec: FirewallSpec;
  /** Texts that outputs must not show. */
  readonly secrets: readonly string[];
  /** A problem worth a line: a failed command, a full disk. The load continues. */
  readonly warn: (message: string) => void;
}

/** Queries the firewall before, during and after a load, and keeps its output with the run. It never ends the load. */
export class FirewallWatch {
  readonly #options: FirewallWatchOptions;
  /** Taken before the run has a folder. */
  #waiting: FirewallOutput[] = [];
  #file: FirewallFile | undefined;
  #running: AskedRun | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failures = new Map<FirewallPhase, number>();
  #lastDuring: string | undefined;
  #isEnded = false;
  #isUnkept = false;

  constructor(options: FirewallWatchOptions) {
    this.#options = options;
  }

  /** Before any load. */
  async before(): Promise<void> {
    const { before } = this.#options.spec;
    if (before !== undefined) await this.#ask('before', before);
  }

  /** From now on the run has a folder; during the load, the firewall is queried repeatedly. */
  begin(dir: string): void {
    this.#file = new FirewallFile(dir);
    for (const output of this.#waiting.splice(0)) this.#write(output);
    const { run, everyUs = 0 } = this.#options.spec;
    if (run === undefined) return;
    this.#timer = setInterval(() => {
      // A command that takes longer than the interval never runs twice at the same time.
      if (this.#running === undefined) void this.#ask('during', run);
    }, everyUs / 1_000);
    this.#timer.unref();
  }

  /** After the load. Resolves once everything is written, or cannot be. */
  async after(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running?.answered;
    const { before, after = before } = this.#options.spec;
    if (after !== undefined && !this.#isEnded) await this.#ask('after', after);
    await this.#writing;
    const leftOut = this.#file?.leftOut ?? 0;
    if (leftOut > 0)
      this.#options.warn(
        `firewall: ${leftOut} outputs during the load were not kept, because the earlier ones already took 16 MiB`,
      );
    await this.close();
  }

  /** Stops querying, and ends a command in progress. */
  abort(): void {
    this.#isEnded = true;
    clearInterval(this.#timer);
    this.#running?.kill();
  }

  async close(): Promise<void> {
    this.abort();
    await this.#writing;
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #ask(phase: FirewallPhase, command: string): Promise<void> {
    if (this.#isEnded) return;
    const { timeoutUs } = this.#options.spec;
    const run = runCommand({ command, timeoutUs, mostBytes: MOST_OUTPUT_BYTES });
    this.#running = run;
    const answer = await run.answered;
    this.#running = undefined;
    if (answer.failure !== undefined && !this.#isEnded)
      this.#tell(phase, command, answer.failure, answer.errors);
    const output = this.#outputOf(phase, command, answer);
    if (this.#file === undefined) this.#waiting.push(output);
    else this.#write(output);
  }

  #outputOf(phase: FirewallPhase, command: string, answer: Answer): FirewallOutput {
    const { secrets, spec } = this.#options;
    const text = redactOutput(answer.text, secrets);
    const errors = redactOutput(answer.errors, secrets);
    const isSame = phase === 'during' && text === this.#lastDuring;
    if (phase === 'during') this.#lastDuring = text;
    return {
      phase,
      at: new Date(answer.atMs).toISOString(),
      tookMs: answer.tookMs,
      program: programOf(command),
      ...(phase === 'after' && command === spec.before ? { isAgain: true } : {}),
      text: isSame ? '' : text,
      ...(isSame ? { isSame } : {}),
      ...(answer.leftOutBytes === 0 ? {} : { leftOutBytes: answer.leftOutBytes }),
      ...(errors === '' ? {} : { errors }),
      ...(answer.failure === undefined ? {} : { failure: answer.failure }),
    };
  }

  #tell(phase: FirewallPhase, command: string, failure: string, errors: string): void {
    const failures = (this.#failures.get(phase) ?? 0) + 1;
    this.#failures.set(phase, failures);
    // One line is enough for a command that fails every time.
    if (failures > 1) return;
    const said = redactOutput(errors.split('\n').at(-1) ?? '', this.#options.secrets);
    this.#options.warn(
      `firewall: the command ${WHEN[phase]} (${programOf(command)}) ${failure}${said === '' ? '' : `: ${said}`}; the load continues`,
    );
  }

  #write(output: FirewallOutput): void {
    const file = this.#file;
    this.#writing = this.#writing.then(async () => {
      try {
        await file?.append(output);
      } catch (error) {
        if (!this.#isUnkept)
          this.#options.warn(`firewall: cannot store its output (${(error as Error).message})`);
        this.#isUnkept = true;
      }
    });
  }
}

const WHEN: Readonly<Record<FirewallPhase, string>> = {
  before: 'before the load',
  during: 'during the load',
  after: 'after the load',
};
