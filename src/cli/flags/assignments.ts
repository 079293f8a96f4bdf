import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { decodeUtf8 } from '../../scenario/utf8.ts';
import { checkTyped } from './values.ts';

/**
 * What `--set` comes to: each `key=value` as typed, and of `@FILE` one a line, so that a secret need stand on no command
 * line. Lines that are blank or begin with # count for nothing.
 * @throws UsageError where the file cannot be read
 */
export function readAssignments(typed: readonly string[], cwd: string): string[] {
  return typed.flatMap((text) => (text.startsWith('@') ? readLines(text, cwd) : [checkTyped('--set', text)]));
}

function readLines(text: string, cwd: string): string[] {
  try {
    const lines = decodeUtf8(readFileSync(resolve(cwd, text.slice(1)))).split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  } catch (cause) {
    throw new UsageError(`--set ${text}: the file cannot be read (${(cause as Error).message})`, {
      hint: 'check the path; the file contains key=value lines, such as arms.traffic.close=reset',
      cause,
    });
  }
}
