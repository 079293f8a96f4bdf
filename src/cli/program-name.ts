import { basename, delimiter, dirname, isAbsolute, relative, resolve } from 'node:path';
import { COMMAND_NAMES } from './commands/catalogue.ts';

/** What every document and message calls it. */
const OWN = 'rushhour';

/** Of a command line that a message quotes; not the mark before a message (`rushhour: `), and no part of a path. */
const CALLS = new RegExp(`(?<![\\w./~-])${OWN} (?=(?:--version|${COMMAND_NAMES.join('|')})\\b)`, 'g');

/**
 * What to type for this program, by how it was started: its name if the shell finds that, otherwise its path, as in a
 * clone (`bin/rushhour`).
 * @param started path of the program as Node has it, absolute (process.argv[1])
 * @param searched the variable PATH
 */
export function nameOfProgram(started: string, cwd: string, searched: string): string {
  // Started by another, such as a test or a service.
  if (basename(started) !== OWN) return OWN;
  const folder = dirname(started);
  if (searched.split(delimiter).some((dir) => dir !== '' && resolve(cwd, dir) === folder)) return OWN;
  const path = relative(cwd, started);
  const typed = path.startsWith('..') || isAbsolute(path) ? started : path.includes('/') ? path : `./${path}`;
  return /^[\w./+-]+$/.test(typed) ? typed : `'${typed}'`;
}

/** A message that quotes command lines, with the program as the user has to type it. */
export function asTyped(message: string, program: string): string {
  return program === OWN ? message : message.replaceAll(CALLS, () => `${program} `);
}
