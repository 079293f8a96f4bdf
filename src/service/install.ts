import { existsSync, rmdirSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import type { Installation } from './installation.ts';
import { planRemoval } from './installation.ts';
import {
  CONFIG_DIR,
  DEFAULT_USER,
  environmentFile,
  type InstalledSoak,
  STATE_DIR,
} from './installed-soak.ts';
import type { Machine } from './machine.ts';
import {
  type Change,
  CRON_DIR,
  type FoundSoak,
  findInstalled,
  refuseForeign,
  removeOwn,
  writeOwn,
} from './own-files.ts';
import { quoteForShell } from './quote.ts';
import { overlap } from './schedule.ts';

type Command = readonly [string, ...string[]];

export interface Done {
  readonly files: readonly { readonly path: string; readonly change: Change }[];
  readonly commands: readonly Command[];
}

/**
 * Carries out an installation. Doing so again changes nothing; files that rushhour did not write are not touched.
 * @throws UsageError if such a file has one of the names
 * @throws EnvironmentError if a file cannot be written or a command fails
 */
export function install(machine: Machine, { stale, before, files, after }: Installation): Done {
  refuseForeign(machine.root, files);
  runAll(machine, before);
  const changes = files.map((file) => ({ path: file.path, change: writeOwn(machine.root, file) }));
  for (const path of stale) removeOwn(machine.root, path);
  runAll(machine, after);
  return { files: changes, commands: [...before, ...after] };
}

/** @returns the files that were removed */
export function uninstall(machine: Machine, installed: FoundSoak): string[] {
  const { by } = installed;
  const { before, paths, after } = planRemoval(installed);
  // A unit that was half removed by hand is still to be removed.
  for (const command of before) machine.run(command);
  const removed = paths.filter((path) => removeOwn(machine.root, path));
  runAll(machine, after);
  // Made for a script of cron; who keeps something there keeps the folder.
  if (by === 'cron') for (const folder of [CONFIG_DIR, CRON_DIR]) removeEmpty(machine.root + folder);
  return removed;
}

/** Something that uninstalling leaves, and the command that removes it. */
export interface Kept {
  readonly what: string;
  readonly command: string;
}

/** What remains of an uninstalled soak, except what other soaks still use. */
export function findKept(machine: Machine, { night }: FoundSoak): Kept[] {
  const others = findInstalled(machine.root).map((other) => other.night);
  const isThere = (path: string): boolean => existsSync(machine.root + path);
  const env = environmentFile(night);
  const kept: Kept[] = [];
  if (isThere(env)) kept.push({ what: `${env} (secrets)`, command: `sudo rm ${quoteForShell(env)}` });
  if (isThere(night.results) && !others.some(({ results }) => results === night.results)) {
    const command = `sudo rm -r ${quoteForShell(night.results)}`;
    kept.push({ what: `${night.results} (results)`, command });
  }
  if (others.length === 0 && isThere(STATE_DIR)) {
    kept.push({ what: `${STATE_DIR} (state)`, command: `sudo rm -r ${STATE_DIR}` });
  }
  if (machine.hasUser(night.user) && !others.some(({ user }) => user === night.user)) {
    // A user with another name may be in use elsewhere.
    const isOwn = night.user === DEFAULT_USER;
    const what = isOwn ? `user ${night.user}` : `user ${night.user} (if only soaks use it)`;
    kept.push({ what, command: `sudo userdel ${night.user}` });
  }
  return kept;
}

/** Soaks that would still run when this one starts, or the reverse: the later one cannot start. */
export function findOverlaps(root: string, night: InstalledSoak): InstalledSoak[] {
  return findInstalled(root)
    .map((installed) => installed.night)
    .filter((other) => other.name !== night.name && overlap(other, night));
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It does not exist, or contains files of others.
  }
}

function runAll(machine: Machine, commands: readonly Command[]): void {
  for (const command of commands) {
    const { status, stderr } = machine.run(command);
    if (status === 0) continue;
    const why = stderr.trim() === '' ? `exit code ${status}` : stderr.trim();
    throw new EnvironmentError(`${command.join(' ')} failed (${why})`, {
      hint: 'fix that and run it again: what has already been done stays in place',
    });
  }
}
