import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import { writeJson } from '../../store/json-file.ts';
import type { FixRecord, Kernel } from './types.ts';

/** Changes that have not been undone, in all namespaces. */
interface FixState {
  readonly schema: 1;
  readonly records: readonly FixRecord[];
}

/** Where previous values are kept: writable only by root, because they decide what --undo sets. */
export function stateFile(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME } = env;
  const home = XDG_STATE_HOME === undefined || XDG_STATE_HOME === '' ? '/var/lib' : XDG_STATE_HOME;
  return join(home, 'rushhour', 'doctor-fix.json');
}

/**
 * @throws EnvironmentError if the file exists and cannot be understood: overwriting it would lose the previous values
 */
export async function readRecords(path: string): Promise<readonly FixRecord[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(path, (cause as Error).message, cause);
  }
  try {
    const state: unknown = JSON.parse(text);
    if (isState(state)) return state.records;
  } catch (cause) {
    throw unreadable(path, 'it is not JSON', cause);
  }
  throw unreadable(path, 'rushhour did not write it in this form');
}

export async function writeRecords(path: string, records: readonly FixRecord[]): Promise<void> {
  if (records.length === 0) {
    await rm(path, { force: true });
    return;
  }
  const state: FixState = { schema: 1, records };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeJson(path, state, 0o600);
  } catch (cause) {
    throw new EnvironmentError(`cannot store the previous values in ${path} (${(cause as Error).message})`, {
      hint: 'set XDG_STATE_HOME to a writable folder; rushhour changes nothing that it could not undo',
      cause,
    });
  }
}

export function isFromThisBoot({ bootId, namespace }: FixRecord, kernel: Kernel): boolean {
  return bootId === kernel.bootId && namespace === kernel.namespace;
}

/** All records, with this namespace's replaced; one without changes is left out. */
export function withRecord(records: readonly FixRecord[], record: FixRecord, kernel: Kernel): FixRecord[] {
  const others = records.filter((one) => !isFromThisBoot(one, kernel));
  return record.changes.length === 0 ? others : [...others, record];
}

function isState(value: unknown): value is FixState {
  const { schema, records } = (value ?? {}) as Partial<FixState>;
  return schema === 1 && Array.isArray(records) && records.every(isRecord);
}

function isRecord(value: unknown): value is FixRecord {
  const { bootId, namespace, changes } = (value ?? {}) as Partial<FixRecord>;
  if (typeof bootId !== 'string' || typeof namespace !== 'number' || !Array.isArray(changes)) return false;
  // A name becomes a path below /proc/sys.
  return changes.every(
    ({ name, before, set }) =>
      /^[a-z]\w*(\.\w+)+$/.test(String(name).replaceAll('-', '_')) &&
      typeof before === 'string' &&
      typeof set === 'string',
  );
}

function unreadable(path: string, why: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(`cannot read the record of changes from ${path}: ${why}`, {
    hint: 'run as root; if the file is damaged, restore its values by hand and remove it',
    ...(cause === undefined ? {} : { cause }),
  });
}
