import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessId } from './process-id.ts';

/** Gone after a reboot, like namespaces and processes. */
export const STATE_DIR = '/run/rushhour/labs';

export interface LabProcess extends ProcessId {
  /** Its role: `far-end`, `tcp-relay` and so on; also the name of its log file. */
  readonly role: string;
}

/** The record of a lab; each part is recorded before it is created, so that nothing is ever left unrecorded. */
export interface LabState {
  readonly schema: 1;
  readonly id: string;
  readonly preset: string;
  /** Every parameter and its value, as text. */
  readonly settings: Readonly<Record<string, string>>;
  /** Client addresses. */
  readonly clients: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly status: 'building' | 'up';
  /** The process that it ends with; null if it stays until `down`. */
  readonly owner: ProcessId | null;
  readonly namespaces: readonly string[];
  readonly processes: readonly LabProcess[];
}

/** The state of one lab, on disk after every change. */
export class StateFile {
  readonly #dir: string;
  #state: LabState;

  private constructor(dir: string, state: LabState) {
    this.#dir = dir;
    this.#state = state;
  }

  /** @throws Error with code EEXIST if a lab with this id exists */
  static create(dir: string, state: LabState): StateFile {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const file = new StateFile(dir, state);
    const draft = file.#write(state);
    try {
      // Unlike a rename, a link never replaces a file: no two labs get the same id, and no reader sees half a file.
      linkSync(draft, file.#path);
    } finally {
      rmSync(draft);
    }
    mkdirSync(file.logDir, { mode: 0o700 });
    return file;
  }

  static open(dir: string, state: LabState): StateFile {
    return new StateFile(dir, state);
  }

  get state(): LabState {
    return this.#state;
  }

  /** Log file of a process of the lab. */
  get logDir(): string {
    return join(this.#dir, this.#state.id);
  }

  change(change: Partial<LabState>): void {
    this.#state = { ...this.#state, ...change };
    renameSync(this.#write(this.#state), this.#path);
  }

  remove(): void {
    rmSync(this.logDir, { recursive: true, force: true });
    rmSync(this.#path, { force: true });
  }

  get #path(): string {
    return join(this.#dir, `${this.#state.id}.json`);
  }

  #write(state: LabState): string {
    const draft = join(this.#dir, `${state.id}.${process.pid}.draft`);
    writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    return draft;
  }
}

/** All labs of this machine, newest first. */
export function listLabs(dir: string): LabState[] {
  const labs = readNames(dir)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readState(join(dir, name)));
  return labs.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

function readNames(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Undefined if the file has disappeared or is of an unknown version. */
function readState(path: string): LabState[] {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as LabState;
    return state.schema === 1 ? [state] : [];
  } catch {
    return [];
  }
}
