import { createReadStream } from 'node:fs';

/**
 * The lines of a file, many at once. A last line without its line feed was torn, and is left out; a file that does not
 * exist has none.
 */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  let rest = '';
  const stream = createReadStream(path, 'utf8');
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
    }
  } catch (error) {
    // A run that was killed before its first second.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    stream.destroy();
  }
}

/** What a line of JSON says; undefined where it was torn. */
export function parseLine<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
