import { readNamedBytes, readRegularBytes } from '../bounded-file.ts';
import type { Need } from './far-end.ts';
import { findScenario, findScenarioFiles, scenarioName } from './find.ts';
import { interpret } from './interpret.ts';
import { loadDurationUs } from './load-shape.ts';
import type { Arm, Scenario } from './types.ts';
import { decodeUtf8 } from './utf8.ts';

/** What to show about a named scenario before it is run. */
export interface CatalogEntry {
  readonly name: string;
  readonly path: string;
  readonly description: string;
  /** The comment that opens the file: when to use it, what it shows, how to run it. */
  readonly about: string;
  readonly arms: readonly string[];
  /** Duration of the longest arm, holds included, microseconds; undefined if an arm is limited only by a count. */
  readonly durationUs: number | undefined;
  readonly farEnd: Scenario['farEnd'];
  /** Flags that must be given: `--proxy`, `--target`. */
  readonly needs: readonly Need[];
  /** The file's mistakes, as `file:line:col: what — what to do`; empty if it has none. */
  readonly problems: readonly string[];
}

/** All named scenarios, sorted by name; the first folder that contains a name wins. Broken ones are listed as such. */
export async function listScenarios(dirs: readonly string[]): Promise<CatalogEntry[]> {
  const paths = await findScenarioFiles(dirs);
  // What stands in the folder may be anything: a pipe is not waited for.
  return Promise.all(paths.map((path) => describeFile(path, readRegularBytes)));
}

/**
 * One scenario, by name or path.
 * @throws UsageError if no scenario has that name
 */
export async function describeScenario(nameOrPath: string, dirs: readonly string[]): Promise<CatalogEntry> {
  return describeFile(await findScenario(nameOrPath, dirs), readNamedBytes);
}

async function describeFile(
  path: string,
  read: (path: string) => Promise<Uint8Array>,
): Promise<CatalogEntry> {
  const name = scenarioName(path);
  const text = await read(path)
    .then(decodeUtf8)
    .catch((error: Error) => error);
  if (text instanceof Error) return { ...BROKEN, name, path, problems: [`${path}: ${text.message}`] };
  const { scenario, problems, needs } = interpret(text, name, path, {});
  if (scenario === undefined) return { ...BROKEN, name, path, about: openingComment(text), problems };
  const lengths = scenario.arms.map(longestUs);
  return {
    name,
    path,
    description: scenario.description,
    about: openingComment(text),
    arms: scenario.arms.map((arm) => arm.name),
    durationUs: lengths.every((length) => length !== undefined) ? Math.max(...lengths) : undefined,
    farEnd: scenario.farEnd,
    needs: needs.map(({ need }) => need),
    problems,
  };
}

function longestUs({ load, holdUs }: Arm): number | undefined {
  const loadUs = loadDurationUs(load);
  return loadUs === undefined ? undefined : loadUs + holdUs;
}

const BROKEN = {
  description: '',
  about: '',
  arms: [],
  durationUs: undefined,
  farEnd: 'none',
  needs: [],
} as const;

/** The comment lines at the top, without their # and without directives for editors. */
function openingComment(text: string): string {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines
    .slice(0, end === -1 ? lines.length : end)
    .filter((line) => !line.startsWith('# yaml-language-server:'))
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n')
    .trim();
}
