import { isAbsolute, relative } from 'node:path';

/** A path as a user would type it: relative if it is below the working directory. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
