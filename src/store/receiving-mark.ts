import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeJson } from './json-file.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, markProcess } from './process-mark.ts';
import { mark } from './run-schema.ts';

/** In the folder of a fleet's run, one for each process that receives it. */
const MARK = /^receiving-\d+\.json$/;
const schema = z.object({ schema: z.literal(1), process: mark });

/** Notes that this process receives a run of a fleet. @returns what takes the note back */
export async function markReceiving(runDir: string): Promise<() => Promise<void>> {
  await makeFolder(runDir);
  const file = join(runDir, `receiving-${process.pid}.json`);
  await writeJson(file, { schema: 1, process: markProcess() });
  return () => rm(file, { force: true });
}

/** The runs of fleets in a results folder that a process of this machine receives now, by the names of their folders. */
export async function listReceiving(resultsDir: string): Promise<string[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true }).catch(() => []);
  const dirs = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const received = await Promise.all(dirs.map((name) => isReceived(join(resultsDir, name))));
  return dirs.filter((_, index) => received[index] === true);
}

async function isReceived(dir: string): Promise<boolean> {
  const names: string[] = await readdir(dir).catch(() => []);
  for (const name of names.filter((each) => MARK.test(each))) {
    const text = await readFile(join(dir, name), 'utf8').catch(() => '');
    const read = schema.safeParse(parse(text)).data;
    if (read !== undefined && isAlive(read.process)) return true;
  }
  return false;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
