import type { ReadStream } from 'node:fs';
import { basename, dirname } from 'node:path';
import { NotRegular, openRegular } from '../bounded-file.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { MAX_LINE_BYTES } from './tail-file.ts';

/**
 * A run killed before its first second has no such file.
 * @throws UsageError if something else than a file bears its name
 * @throws EnvironmentError if the file exists but cannot be read
 */
export function failUnlessMissing(path: string, cause: unknown): void {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return;
  if (cause instanceof NotRegular) {
    throw new UsageError(`${dirname(path)} is damaged: ${basename(path)}: ${message}`, {
      hint: `restore ${basename(path)} from a copy of the folder`,
      cause,
    });
  }
  throw new EnvironmentError(`${path} cannot be read (${message})`, {
    hint: 'restore it from a copy of the folder, or make it readable',
    cause,
  });
}

/**
 * The lines of a file, many at a time. A last line without a line feed was truncated and is skipped, and so is one that is
 * longer than any of ours; a file that does not exist has no lines.
 */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  // Of a line that is not over yet; joined once it is, or a line of many chunks would be copied with each.
  let rest: string[] = [];
  let length = 0;
  let stream: ReadStream | undefined;
  const end = (): string[] => {
    const line = rest.join('');
    const isOurs = length <= MAX_LINE_BYTES;
    [rest, length] = [[], 0];
    return isOurs ? [line] : [];
  };
  const take = (part: string): void => {
    length += part.length;
    if (length <= MAX_LINE_BYTES) rest.push(part);
    else rest = [];
  };
  try {
    stream = (await openRegular(path)).createReadStream({ encoding: 'utf8' });
    for await (const chunk of stream as AsyncIterable<string>) {
      const [first = '', ...others] = chunk.split('\n');
      take(first);
      const last = others.pop();
      if (last === undefined) continue;
      yield [...end(), ...others];
      take(last);
    }
  } catch (error) {
    failUnlessMissing(path, error);
  } finally {
    stream?.destroy();
  }
}

/**
 * Parses a line of JSON; undefined if it was truncated or is malformed.
 * @param isWhole checks its shape: the folder may come from elsewhere
 */
export function parseLine<T>(line: string, isWhole: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isWhole(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
