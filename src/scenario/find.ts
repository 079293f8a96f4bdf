import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { locateOwn } from '../places.ts';
import { suggest } from './suggest.ts';

const ENDING = /\.ya?ml$/i;

/**
 * Where named scenarios are looked for: in the working folder's `scenarios/` first, then among those included with
 * rushhour.
 */
export function scenarioDirs(workingDir: string): string[] {
  return [join(workingDir, 'scenarios'), fileURLToPath(locateOwn('scenarios'))];
}

/** A scenario's name: its file name without the extension. */
export function scenarioName(path: string): string {
  return basename(path).replace(ENDING, '');
}

/**
 * Paths of all scenario files, only the first of each name, sorted by name. Folders that do not exist count as empty.
 */
export async function findScenarioFiles(dirs: readonly string[]): Promise<string[]> {
  const paths = new Map<string, string>();
  for (const dir of dirs) {
    const real = await realpath(dir).catch(() => dir);
    const files = await readdir(real).catch(() => []);
    for (const file of files.filter((name) => ENDING.test(name)).sort()) {
      if (!paths.has(scenarioName(file))) paths.set(scenarioName(file), join(real, file));
    }
  }
  return [...paths].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/**
 * The file of a scenario: text that looks like a path is one, anything else is a name.
 * @throws UsageError if no folder has a scenario of that name
 */
export async function findScenario(nameOrPath: string, dirs: readonly string[]): Promise<string> {
  if (ENDING.test(nameOrPath) || /[/\\]/.test(nameOrPath)) return nameOrPath;
  const paths = await findScenarioFiles(dirs);
  const path = paths.find((candidate) => scenarioName(candidate) === nameOrPath);
  if (path !== undefined) return path;
  const isFile = await stat(nameOrPath).then(
    (found) => !found.isDirectory(),
    () => false,
  );
  if (isFile) {
    throw new UsageError(`"${nameOrPath}" is not the name of a scenario, but that of a file`, {
      hint: `to run what is in that file: ./${nameOrPath}`,
    });
  }
  throw new UsageError(`there is no scenario "${nameOrPath}"`, {
    hint: suggest(nameOrPath, paths.map(scenarioName)),
  });
}
