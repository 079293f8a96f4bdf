import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { EnvironmentError, UsageError } from '../errors.ts';
import type { InstalledSoak } from './installed-soak.ts';
import { isOurs, readMark } from './mark.ts';

export interface OwnFile {
  /** As the machine has it, without a root before it. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
  /** Whether its text must not be shown. */
  readonly isSecret?: boolean;
}

export type Change = 'written' | 'changed' | 'unchanged';

export const UNIT_DIR = '/etc/systemd/system';
export const CRON_DIR = '/etc/cron.d';

/** @throws UsageError if one of the files exists and rushhour did not write it */
export function refuseForeign(root: string, files: readonly OwnFile[]): void {
  const foreign = files.filter(({ path }) => {
    const there = readText(root + path);
    return there !== undefined && !isOurs(there);
  });
  if (foreign.length === 0) return;
  throw new UsageError(`not written by rushhour: ${foreign.map(({ path }) => path).join(', ')}`, {
    hint: 'choose another name with --name, or remove it yourself',
  });
}

/**
 * Writes a file whole, or leaves the old one.
 * @throws EnvironmentError
 */
export function writeOwn(root: string, { path, text, mode }: OwnFile): Change {
  const full = root + path;
  const there = readText(full);
  if (there === text && !isOpen(full, mode)) return 'unchanged';
  // Neither systemd nor cron reads a name that begins with a dot.
  const draft = join(dirname(full), `.${path.split('/').at(-1)}.new`);
  try {
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(draft, text, { mode });
    chmodSync(draft, mode);
    renameSync(draft, full);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new EnvironmentError(`cannot write ${full} (${(cause as Error).message})`, {
      hint: 'install as root: sudo rushhour soak install ...',
      cause,
    });
  }
  return there === undefined ? 'written' : 'changed';
}

/** Whether others have more rights to it than intended. */
function isOpen(path: string, mode: number): boolean {
  return (statSync(path).mode & 0o077 & ~mode) !== 0;
}

/**
 * Removes what is ours, and leaves the rest.
 * @returns whether there was something
 */
export function removeOwn(root: string, path: string): boolean {
  const there = readText(root + path);
  if (there === undefined || !isOurs(there)) return false;
  try {
    rmSync(root + path);
  } catch (cause) {
    throw new EnvironmentError(`cannot remove ${root + path} (${(cause as Error).message})`, {
      hint: 'uninstall as root: sudo rushhour soak uninstall ...',
      cause,
    });
  }
  return true;
}

export interface FoundSoak {
  readonly night: InstalledSoak;
  readonly by: 'systemd' | 'cron';
}

/** Every installed soak, by name. */
export function findInstalled(root: string): FoundSoak[] {
  const found = [
    ...marksIn(root, UNIT_DIR, /^rushhour-.*\.timer$/).map((night) => ({ night, by: 'systemd' as const })),
    ...marksIn(root, CRON_DIR, /^rushhour-/).map((night) => ({ night, by: 'cron' as const })),
  ];
  return found.sort((a, b) => (a.night.name < b.night.name ? -1 : 1));
}

function marksIn(root: string, dir: string, pattern: RegExp): InstalledSoak[] {
  if (!existsSync(root + dir)) return [];
  const names = readdirSync(root + dir).filter((name) => pattern.test(name));
  return names.flatMap((name) => {
    const night = readMark(readText(join(root + dir, name)) ?? '');
    return night === undefined ? [] : [night];
  });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EnvironmentError(`cannot read ${path} (${(error as Error).message})`, { cause: error });
  }
}
