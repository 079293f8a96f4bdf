import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineName } from '../../src/engine/names.ts';
import type { EngineArm } from '../../src/engine/types.ts';
import type { Driven, DrivePlan } from './drive.mjs';

/** What a plan can carry into another process. `abortAfterMs`: the engine is told to give everything up then. */
export interface ChildPlan extends Pick<DrivePlan, 'arms' | 'starts' | 'concurrency' | 'maxOpen'> {
  readonly abortAfterMs?: number;
}

/** A process that drives built engines, one plan after the other. */
export interface Driver {
  /** Fails with what the process complained of where it ends instead of answering. */
  drive(engine: EngineName, plan: ChildPlan): Promise<Driven>;
  end(): Promise<void>;
}

/** Starts a process that drives engines; whoever starts it has to end it. `prefix` starts it (a namespace's exec, a shell's ulimit). */
export function startDriver(prefix: readonly [command: string, ...args: string[]]): Driver {
  const main = fileURLToPath(new URL('./drive-main.mjs', import.meta.url));
  const [command, ...args] = prefix;
  const child = spawn(command, [...args, process.execPath, main], { stdio: 'pipe' });
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += chunk));
  child.stdin.on('error', () => {});
  const gone = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async drive(engine, plan) {
      child.stdin.write(`${JSON.stringify({ engine, plan: { ...plan, arms: plan.arms.map(toPlain) } })}\n`);
      const answer = await answers.next();
      if (answer.done) throw new Error(`the driving process ended: ${complaint}`);
      return JSON.parse(answer.value);
    },
    async end() {
      child.stdin.end();
      await gone;
    },
  };
}

/** Drives an engine once, in a process of its own. */
export async function driveChild(
  prefix: readonly [command: string, ...args: string[]],
  engine: EngineName,
  plan: ChildPlan,
): Promise<Driven> {
  const driver = startDriver(prefix);
  try {
    return await driver.drive(engine, plan);
  } finally {
    await driver.end();
  }
}

function toPlain(arm: EngineArm): object {
  const { request } = arm;
  if (request === undefined) return arm;
  return { ...arm, request: { ...request, bytes: Buffer.from(request.bytes).toString('latin1') } };
}
