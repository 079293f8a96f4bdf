import { createReadStream } from 'node:fs';
import { EnvironmentError } from '../errors.ts';

/**
 * A run killed before its first second has no such file.
 * @throws EnvironmentError if the file exists but cannot be read
 */
export function failUnlessMissing(path: string, cause: unknown): void {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return;
  throw new EnvironmentError(`${path} cannot be read (${message})`, {
    hint: 'restore it from a copy of the folder, or make it readable',
    cause,
  });
}

/**
 * The lines of a file, many at a time. A last line without a line feed was truncated and is skipped; a file that does
 * not exist has no lines.
 */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  // Of a line that is not over yet; joined once it is, or a line of many chunks would be copied with each.
  let rest: string[] = [];
  const stream = createReadStream(path, 'utf8');
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const [first = '', ...others] = chunk.split('\n');
      rest.push(first);
      const last = others.pop();
      if (last === undefined) continue;
      yield [rest.join(''), ...others];
      rest = [last];
    }
  } catch (error) {
    failUnlessMissing(path, error);
  } finally {
    stream.destroy();
  }
}

/**
 * Parses a line of JSON; undefined if it was truncated or is malformed.
 * @param isWhole checks its shape: the folder may come from elsewhere
 */
export function parseLine<T>(line: string, isWhole: (value: unknown) => boolean): T | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isWhole(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
