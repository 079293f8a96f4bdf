import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Change } from './types.ts';

/** First line of the files written here: a file without it was written by someone else. */
const MARK = '# Written by "rushhour doctor --fix --persist"; "rushhour doctor --undo" removes it.';

/** Read at boot (sysctl.d(5)), and at each login (limits.conf(5)). */
export const PERSISTENT = {
  sysctl: '/etc/sysctl.d/90-rushhour.conf',
  limits: '/etc/security/limits.d/90-rushhour.conf',
} as const;

export type PersistentPaths = Readonly<Record<keyof typeof PERSISTENT, string>>;

export interface PersistentFile {
  readonly path: string;
  readonly text: string;
}

/** The files that keep settings beyond the next boot. If there is no folder for limits, logins read none. */
export async function describePersistent(
  changes: readonly Change[],
  openFiles: number | undefined,
  paths: PersistentPaths,
): Promise<PersistentFile[]> {
  // Settings from before the last boot stay.
  const named = new Set(changes.map(({ name }) => name));
  const kept = (await readOwnLines(paths.sysctl)).filter((line) => !named.has(line.split(' = ')[0] ?? ''));
  const settings = [...kept, ...changes.map(({ name, set }) => `${name} = ${set}`)];
  // An asterisk means every user except root.
  const limits = openFiles === undefined ? [] : ['*', 'root'].map((who) => `${who} - nofile ${openFiles}`);
  return [
    { path: paths.sysctl, lines: settings },
    { path: paths.limits, lines: limits },
  ].flatMap(({ path, lines }) =>
    lines.length === 0 ? [] : [{ path, text: `${[MARK, ...lines].join('\n')}\n` }],
  );
}

/** @returns why not, if it was not written */
export async function writePersistent({ path, text }: PersistentFile): Promise<string | undefined> {
  try {
    const found = await readOwner(path);
    if (found === 'somebody else') return 'a file of that name exists, and rushhour did not write it';
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Those that exist and were written here. */
export async function findPersistent(paths: PersistentPaths): Promise<string[]> {
  const all = Object.values(paths);
  const owners = await Promise.all(all.map((path) => readOwner(path).catch(() => 'nobody')));
  return all.filter((_, index) => owners[index] === 'rushhour');
}

/** @returns why not, if it was not removed */
export async function removePersistent(path: string): Promise<string | undefined> {
  try {
    await rm(path);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function readOwnLines(path: string): Promise<string[]> {
  if ((await readOwner(path)) !== 'rushhour') return [];
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function readOwner(path: string): Promise<'nobody' | 'rushhour' | 'somebody else'> {
  try {
    return (await readFile(path, 'utf8')).startsWith(`${MARK}\n`) ? 'rushhour' : 'somebody else';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nobody';
    throw error;
  }
}
