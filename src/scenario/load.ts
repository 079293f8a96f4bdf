import { readNamedBytes } from '../bounded-file.ts';
import { UsageError } from '../errors.ts';
import { findScenario, scenarioName } from './find.ts';
import { liesInResults } from './from-results.ts';
import { interpret, type Origin } from './interpret.ts';
import type { Overrides } from './overrides.ts';
import type { Scenario } from './types.ts';
import { convertHint, decodeUtf8, NotUtf8 } from './utf8.ts';

export type { Origin };

/** A scenario, and where the proxy and target shared by its arms come from. */
export interface ReadScenario {
  readonly scenario: Scenario;
  readonly origins: readonly Origin[];
}

/**
 * Reads a scenario from the text of its file.
 * @param name becomes the scenario's name
 * @param file what errors call the file
 * @throws UsageError naming every mistake at once, each with line and column and what to do
 */
export function parseScenario(
  text: string,
  name: string,
  overrides: Overrides = {},
  file = `${name}.yaml`,
): Scenario {
  return parseWithOrigins(text, name, overrides, file).scenario;
}

function parseWithOrigins(text: string, name: string, overrides: Overrides, file: string): ReadScenario {
  const { scenario, problems, needs, origins } = interpret(text, name, file, overrides);
  const lines = [...problems, ...needs.map(({ problem }) => problem)];
  if (scenario !== undefined && lines.length === 0) return { scenario, origins };
  const count = lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`;
  const onlyNeeds = problems.length === 0;
  throw new UsageError(
    [`scenario ${name} ${onlyNeeds ? 'needs more to run' : `has ${count}`}:`, ...lines].join('\n  '),
    {
      hint: onlyNeeds
        ? `rushhour scenarios ${name} explains what it is for`
        : 'docs/scenarios.md describes every key',
    },
  );
}

/**
 * Loads a scenario by the path of its file, or by name from the first folder that contains it.
 * @throws UsageError if there is none, or if it has mistakes
 */
export async function loadScenario(
  nameOrPath: string,
  dirs: readonly string[],
  overrides: Overrides = {},
): Promise<Scenario> {
  return (await readScenario(nameOrPath, dirs, overrides)).scenario;
}

/** Like {@link loadScenario}, with the origins. */
export async function readScenario(
  nameOrPath: string,
  dirs: readonly string[],
  overrides: Overrides,
): Promise<ReadScenario> {
  const path = await findScenario(nameOrPath, dirs);
  const bytes = await readNamedBytes(path).catch((cause: Error) => {
    throw new UsageError(`the scenario file ${path} cannot be read (${cause.message})`, {
      hint: 'check the path; rushhour scenarios lists the available scenarios',
      cause,
    });
  });
  const read = parseWithOrigins(readText(path, bytes), scenarioName(path), overrides, path);
  if (read.scenario.firewall !== undefined && (await liesInResults(path))) {
    throw new UsageError(
      `${path} is in a results folder and contains firewall commands, which rushhour does not run from there`,
      {
        hint: 'skip them with --no-firewall, or read them and copy the file to another folder',
      },
    );
  }
  return read;
}

function readText(path: string, bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof NotUtf8)) throw cause;
    throw new UsageError(`the scenario file ${path}, line ${cause.line} is not UTF-8`, {
      hint: convertHint(path),
      cause,
    });
  }
}
