import { fileURLToPath } from 'node:url';

/**
 * What holds package.json: the folder that src/ or dist/ stands in. The last of these names in the path, at whatever depth:
 * bundling moves modules within dist/.
 */
const [ROOT = ''] = /^.*\/(?=(?:src|dist)\/)/.exec(import.meta.url) ?? [];

/** A file or folder of this installation, by its path from where package.json stands. `./` is that folder itself. */
export function locateOwn(path: string): URL {
  return new URL(path, ROOT);
}

/**
 * The path of a program of dist/, also where this is run from sources (as tests do): neither a process nor a thread can be
 * started from TypeScript.
 * @param path from dist/
 */
export function locateBuilt(path: string): string {
  return fileURLToPath(locateOwn(`dist/${path}`));
}
