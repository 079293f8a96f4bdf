import type { MessagePort } from 'node:worker_threads';
import { ENGINES } from '../engine/registry.ts';
import { EnvironmentError } from '../errors.ts';
import { collectGarbageRegularly } from './collect-garbage.ts';
import type { ShardPlan } from './protocol.ts';
import { runShard } from './shard.ts';

/** What a pool passes to the worker: one long task per worker, stopped by message. */
export interface ShardTask {
  readonly plan: ShardPlan;
  readonly port: MessagePort;
}

/** Infrequent: attempts due during the milliseconds that it takes start late, and are recorded as late. */
const COLLECT_EVERY_MS = 60_000;

/** What this machine lacks for it: a thread's errors lose their class and their hints on the way. */
export interface ShardLack {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Entry of a worker thread.
 * @returns what kept it from running, if that was for lack of something on this machine
 */
export default async function runTask({ plan, port }: ShardTask): Promise<ShardLack | undefined> {
  const stopCollecting = collectGarbageRegularly(COLLECT_EVERY_MS);
  try {
    await runShard(plan, await ENGINES[plan.engine].load(), port);
    return undefined;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    const { message, hint } = error;
    return { message, ...(hint === undefined ? {} : { hint }) };
  } finally {
    stopCollecting();
    port.close();
  }
}
