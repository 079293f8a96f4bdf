import { join } from 'node:path';
import * as z from 'zod';
import { AppendFile } from './append-file.ts';
import { FILES } from './files.ts';
import { parseLine, readLines } from './read-lines.ts';
import { count, figure, guardOf, moment, schemaOf, some, text } from './shapes.ts';

/** When a command ran: before the load, during it, after it. */
export const FIREWALL_PHASES = ['before', 'during', 'after'] as const;
export type FirewallPhase = (typeof FIREWALL_PHASES)[number];

/** A line of firewall.jsonl: what a command of the scenario's `firewall` printed, secrets redacted. */
export interface FirewallOutput {
  readonly phase: FirewallPhase;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly tookMs: number;
  /** The program that was run, without arguments, which may hold secrets. */
  readonly program: string;
  /** After the load, the command of before it was run once more. */
  readonly isAgain?: boolean;
  /** Printed on stdout; '' where `isSame`. */
  readonly text: string;
  /** The same as in the line before this one of its phase. */
  readonly isSame?: boolean;
  /** Bytes that were printed beyond `text`. */
  readonly leftOutBytes?: number;
  /** The end of what was printed on stderr. */
  readonly errors?: string;
  /** How the command failed; absent: it did not. */
  readonly failure?: string;
}

/** Of one output. */
export const MOST_OUTPUT_BYTES = 1024 * 1024;
/** Of all that is kept while load flows: a soak asks for days. */
const MOST_DURING_BYTES = 16 * 1024 * 1024;
/** Of a folder that comes from elsewhere, no more is read. */
const MOST_READ_CHARS = 2 * MOST_DURING_BYTES;

const isOutputLine = guardOf(
  schemaOf<FirewallOutput>()(
    some({
      phase: z.enum(FIREWALL_PHASES),
      at: moment,
      tookMs: figure,
      program: text,
      isAgain: z.boolean().optional(),
      text: text.max(2 * MOST_OUTPUT_BYTES),
      isSame: z.boolean().optional(),
      leftOutBytes: count.optional(),
      errors: text.optional(),
      failure: text.optional(),
    }),
  ),
);

/** Appends outputs to firewall.jsonl, and opens it only when there is one. */
export class FirewallFile {
  readonly #path: string;
  #file: AppendFile | undefined;
  #duringBytes = 0;
  #leftOut = 0;

  /** @param dir folder of the run */
  constructor(dir: string) {
    this.#path = join(dir, FILES.firewall);
  }

  /** Outputs that were not kept, as there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @throws Error of the system where it cannot be written */
  async append(output: FirewallOutput): Promise<void> {
    const line = `${JSON.stringify(output)}\n`;
    if (output.phase === 'during') {
      if (this.#duringBytes + line.length > MOST_DURING_BYTES) {
        this.#leftOut += 1;
        return;
      }
      this.#duringBytes += line.length;
    }
    this.#file ??= await AppendFile.open(this.#path);
    const failure = await this.#file.append(line);
    if (failure !== undefined) throw failure;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/**
 * Outputs of a run, in order; lines that are torn or of another shape are passed over.
 * @param take receives each, with its text where it is the same as that of the one before
 */
export async function eachFirewallOutput(dir: string, take: (output: FirewallOutput) => void): Promise<void> {
  let read = 0;
  const last = new Map<FirewallPhase, string>();
  for await (const lines of readLines(join(dir, FILES.firewall))) {
    for (const line of lines) {
      read += line.length;
      if (read > MOST_READ_CHARS) return;
      const output = parseLine(line, isOutputLine);
      if (output === undefined) continue;
      const whole = output.isSame === true ? { ...output, text: last.get(output.phase) ?? '' } : output;
      last.set(output.phase, whole.text);
      take(whole);
    }
  }
}
