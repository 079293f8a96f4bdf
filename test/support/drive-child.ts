import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { whyNoUring } from '../../src/engine/raw/uring/probe.ts';
import type { EngineArm } from '../../src/engine/types.ts';
import type { Driven, DrivePlan } from './drive.mjs';

const run = promisify(execFile);

/** The raw one on io_uring only where the kernel allows that. */
export const ENGINES = [
  'raw',
  ...(whyNoUring() === undefined ? (['raw io_uring'] as const) : []),
  'portable',
] as const;
export type EngineName = (typeof ENGINES)[number];

/** What a plan can carry into another process. `abortAfterMs`: the engine is told to give everything up then. */
export interface ChildPlan extends Pick<DrivePlan, 'arms' | 'starts' | 'concurrency' | 'maxOpen'> {
  readonly abortAfterMs?: number;
}

/** Drives a built engine in a process of its own, started by `prefix` (a namespace's exec, a shell's ulimit). */
export async function driveChild(
  prefix: readonly [command: string, ...args: string[]],
  engine: EngineName,
  plan: ChildPlan,
): Promise<Driven> {
  const main = fileURLToPath(new URL('./drive-main.mjs', import.meta.url));
  const payload = JSON.stringify({ engine, plan: { ...plan, arms: plan.arms.map(toPlain) } });
  const [command, ...args] = prefix;
  const { stdout } = await run(command, [...args, process.execPath, main, payload], {
    maxBuffer: 64 * 1024 * 1024,
    timeout: 45_000,
  });
  return JSON.parse(stdout);
}

function toPlain(arm: EngineArm): object {
  const { request } = arm;
  if (request === undefined) return arm;
  return { ...arm, request: { ...request, bytes: Buffer.from(request.bytes).toString('latin1') } };
}
