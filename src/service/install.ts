import { EnvironmentError } from '../errors.ts';
import type { Installation } from './installation.ts';
import { planRemoval } from './installation.ts';
import type { Machine } from './machine.ts';
import type { Night } from './night.ts';
import {
  type Change,
  findInstalled,
  type InstalledNight,
  refuseForeign,
  removeOwn,
  writeOwn,
} from './own-files.ts';
import { overlap } from './schedule.ts';

type Command = readonly [string, ...string[]];

export interface Done {
  readonly files: readonly { readonly path: string; readonly change: Change }[];
  readonly commands: readonly Command[];
}

/**
 * Does what was planned. Doing it again changes nothing; files of somebody else are left alone.
 * @throws UsageError where a file of that name is not ours
 * @throws EnvironmentError where a file cannot be written or a command fails
 */
export function install(machine: Machine, { before, files, after }: Installation): Done {
  refuseForeign(machine.root, files);
  runAll(machine, before);
  const changes = files.map((file) => ({ path: file.path, change: writeOwn(machine.root, file) }));
  runAll(machine, after);
  return { files: changes, commands: [...before, ...after] };
}

/** @returns the files that were removed */
export function uninstall(machine: Machine, installed: InstalledNight): string[] {
  const { before, paths, after } = planRemoval(installed);
  // A unit that was half removed by hand is still to be removed.
  for (const command of before) machine.run(command);
  const removed = paths.filter((path) => removeOwn(machine.root, path));
  runAll(machine, after);
  return removed;
}

/** Nights that would be under way when this one begins, or the other way round: of these the later cannot begin. */
export function findOverlaps(root: string, night: Night): Night[] {
  return findInstalled(root)
    .map((installed) => installed.night)
    .filter((other) => other.name !== night.name && overlap(other, night));
}

function runAll(machine: Machine, commands: readonly Command[]): void {
  for (const command of commands) {
    const { status, stderr } = machine.run(command);
    if (status === 0) continue;
    const why = stderr.trim() === '' ? `exit code ${status}` : stderr.trim();
    throw new EnvironmentError(`${command.join(' ')} failed (${why})`, {
      hint: 'mend that and do it again: what has been done already stays as it is',
    });
  }
}
