import { resolve } from 'node:path';
import { readNamedSync } from '../../bounded-file.ts';
import { UsageError } from '../../errors.ts';
import { decodeUtf8 } from '../../scenario/utf8.ts';
import { checkTyped } from './values.ts';

/**
 * Expands `--set`: each `key=value` as typed, and for `@FILE` one per line, so that a secret need not be on a command
 * line. Blank lines and lines that begin with # are ignored.
 * @throws UsageError if the file cannot be read
 */
export function readAssignments(typed: readonly string[], cwd: string): string[] {
  return typed.flatMap((text) => (text.startsWith('@') ? readLines(text, cwd) : [checkTyped('--set', text)]));
}

function readLines(text: string, cwd: string): string[] {
  try {
    const lines = decodeUtf8(readNamedSync(resolve(cwd, text.slice(1)))).split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  } catch (cause) {
    throw new UsageError(`--set ${text}: the file cannot be read (${(cause as Error).message})`, {
      hint: 'check the path; the file contains key=value lines, such as arms.traffic.close=reset',
      cause,
    });
  }
}
