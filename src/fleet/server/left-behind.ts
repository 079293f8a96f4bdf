import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { EnvironmentError } from '../../errors.ts';
import { writeJson } from '../../store/json-file.ts';
import { isAlive, markProcess } from '../../store/process-mark.ts';

const mark = z.strictObject({ pid: z.int().min(1), bootId: z.string(), startTicks: z.string() });
/** The nats-server of a folder, and the program that runs it. */
const schema = z.strictObject({ schema: z.literal(1), server: mark, program: mark });

const END_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 50;

const fileOf = (dir: string): string => join(dir, 'running.json');

/** Notes which nats-server this process runs in a folder, so that one that outlives it can be told. */
export async function noteServer(dir: string, pid: number): Promise<void> {
  await writeJson(fileOf(dir), { schema: 1, server: markProcess(pid), program: markProcess() });
}

export async function forgetServer(dir: string): Promise<void> {
  await rm(fileOf(dir), { force: true });
}

/**
 * Ends the nats-server of a folder whose program was killed: two would write the same streams.
 * @returns whether there was one
 * @throws EnvironmentError if the program is still there
 */
export async function endLeftBehind(dir: string): Promise<boolean> {
  const read = await readFile(fileOf(dir), 'utf8').then(
    (text) => schema.safeParse(parse(text)).data,
    () => undefined,
  );
  // Without the time of its start, another process may have its id by now.
  if (read === undefined || read.server.startTicks === '' || !isAlive(read.server)) return false;
  if (isAlive(read.program)) {
    throw new EnvironmentError(`process ${read.program.pid} runs the server of ${dir} already`, {
      hint: 'stop it first, or take another folder with --fleet',
    });
  }
  process.kill(read.server.pid, 'SIGTERM');
  const deadlineMs = performance.now() + END_WITHIN_MS;
  while (isAlive(read.server)) {
    if (performance.now() > deadlineMs) process.kill(read.server.pid, 'SIGKILL');
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
