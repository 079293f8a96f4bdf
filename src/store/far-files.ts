import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { FarAttempt, FarSummary } from '../metrics/far.ts';
import { farSchema, isFarLine } from './far-schema.ts';
import { FAR_FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { type JsonFile, readJson } from './read-json.ts';
import { parseLine, readLines } from './read-lines.ts';

/** Lines that are written together. */
const LINES_AT_ONCE = 256;

/**
 * Writes what both sides of a run saw in place of what was there. Each file is whole at any time; the sums come last, so that
 * where they are, the lines are as well.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function writeFar(
  dir: string,
  summary: FarSummary,
  attempts: Iterable<FarAttempt>,
): Promise<void> {
  const path = join(dir, FAR_FILES.lines);
  const draft = `${path}.new`;
  try {
    await writeLines(draft, attempts);
    await rm(join(dir, FAR_FILES.summary), { force: true });
    await rename(draft, path);
    await writeJson(join(dir, FAR_FILES.summary), summary);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new EnvironmentError(
      `cannot write ${FAR_FILES.summary} and ${FAR_FILES.lines} in ${dir} (${(cause as Error).message})`,
      { hint: 'make the folder writable, or free disk space', cause },
    );
  }
}

async function writeLines(path: string, attempts: Iterable<FarAttempt>): Promise<void> {
  const handle = await open(path, 'w', 0o666);
  try {
    let lines: string[] = [];
    const write = async (): Promise<void> => {
      await handle.writeFile(lines.join(''));
      lines = [];
    };
    for (const attempt of attempts) {
      lines.push(`${JSON.stringify(attempt)}\n`);
      if (lines.length >= LINES_AT_ONCE) await write();
    }
    await write();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What both sides of a run saw, summed up; `missing` where no far side was joined. Throws nothing. */
export function readFar(dir: string): Promise<JsonFile<FarSummary>> {
  return readJson<FarSummary>(join(dir, FAR_FILES.summary), farSchema);
}

/** The attempts one by one, in the order of evidence.jsonl; lines that are torn or of another shape are passed over. */
export async function* readFarAttempts(dir: string): AsyncGenerator<FarAttempt> {
  for await (const lines of readLines(join(dir, FAR_FILES.lines))) {
    for (const line of lines) {
      const attempt = parseLine<FarAttempt>(line, isFarLine);
      if (attempt !== undefined) yield attempt;
    }
  }
}
