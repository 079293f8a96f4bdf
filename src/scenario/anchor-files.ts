import { dirname, isAbsolute, join } from 'node:path';
import type { Path } from './problems.ts';

/** Where a scenario names files: below an arm, below the defaults or, for a proxy, at the top level. */
const FILES: readonly Path[] = [
  ['auth', 'credentials', 'file'],
  ['auth', 'credentials', 'keytab'],
  ['auth', 'credentials', 'password', 'file'],
  ['tls', 'ca'],
  ['proxy', 'pac'],
];

/** Some of these may be URLs. */
const URL = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * A scenario's data with its file names resolved against its own folder, so that it can be run from anywhere. Values
 * set by flags stay as typed: relative to the working folder, like everything on a command line.
 * @param raw not changed: what aliases share is reached by several paths
 * @param file the scenario's own file, as typed or found
 */
export function anchorFiles(raw: unknown, file: string, isTyped: (path: Path) => boolean): unknown {
  const folder = dirname(file);
  const places: Path[] = [['defaults'], ...keysOf(at(raw, 'arms')).map((name) => ['arms', name])];
  return [['proxy', 'pac'], ...places.flatMap((place) => FILES.map((path) => [...place, ...path]))]
    .filter((path) => !isTyped(path))
    .reduce((data, path) => anchorAt(data, path, folder), raw);
}

function anchorAt(value: unknown, [key, ...rest]: Path, folder: string): unknown {
  if (key === undefined) {
    if (typeof value !== 'string' || value === '' || isAbsolute(value) || URL.test(value)) return value;
    return join(folder, value);
  }
  const child = at(value, key);
  return child === undefined ? value : { ...(value as object), [key]: anchorAt(child, rest, folder) };
}

function at(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
}

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
