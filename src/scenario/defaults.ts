import { join } from 'node:path';
import { readNamed } from '../bounded-file.ts';
import { UsageError } from '../errors.ts';
import { parseProxy, parseTarget } from './address.ts';
import type { Origin } from './load.ts';
import { parseSettings, type Setting, type Settings } from './settings.ts';
import { shownPath } from './shown-path.ts';

const FILE = 'rushhour.yaml';

/** Where defaults stand. */
export interface DefaultPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

/**
 * The proxy and target to use when nothing else names them: from RUSHHOUR_PROXY and RUSHHOUR_TARGET, then rushhour.yaml
 * in the working folder, then $XDG_CONFIG_HOME/rushhour/rushhour.yaml; each key from the first of these that sets it.
 * @throws UsageError if one of them is invalid, even if another takes precedence
 */
export async function readDefaults(places: DefaultPlaces): Promise<Settings> {
  const near = await readSettings(join(places.cwd, FILE), places);
  const far = await readSettings(join(configFolder(places), FILE), places);
  return { ...far, ...near, ...readVariables(places) };
}

/** $XDG_CONFIG_HOME/rushhour (XDG base directories: an empty or relative value is ignored). */
export function configFolder({ env, home }: Pick<DefaultPlaces, 'env' | 'home'>): string {
  const { XDG_CONFIG_HOME } = env;
  return join(XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(home, '.config'), 'rushhour');
}

function readVariables({ env }: Pick<DefaultPlaces, 'env'>): Settings {
  const { RUSHHOUR_PROXY, RUSHHOUR_TARGET } = env;
  const proxy = variable('RUSHHOUR_PROXY', RUSHHOUR_PROXY, parseProxy);
  const target = variable('RUSHHOUR_TARGET', RUSHHOUR_TARGET, parseTarget);
  return { ...(proxy === undefined ? {} : { proxy }), ...(target === undefined ? {} : { target }) };
}

/** An empty variable counts as unset. */
function variable(
  name: string,
  value: string | undefined,
  parse: (text: string) => unknown,
): Setting | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  try {
    parse(value.trim());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${name}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
  return { value: value.trim(), from: name };
}

async function readSettings(path: string, places: DefaultPlaces): Promise<Settings> {
  const shown = shownPath(path, places.cwd);
  try {
    return parseSettings(await readNamed(path), shown);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`the defaults in ${shown} cannot be read (${message})`, {
      hint: 'make the file readable, or remove it',
      cause,
    });
  }
}

/** The defaults that a scenario uses, to be recorded with it. */
export function usedDefaults(
  origins: readonly Origin[],
  defaults: Settings,
): (readonly [key: Origin['key'], value: string])[] {
  return origins
    .filter(({ key, from }) => defaults[key]?.from === from)
    .map(({ key, value }) => [key, value] as const);
}
