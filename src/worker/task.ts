import type { MessagePort } from 'node:worker_threads';
import { ENGINES } from '../engine/registry.ts';
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

/** Entry of a worker thread. */
export default async function runTask({ plan, port }: ShardTask): Promise<void> {
  const stopCollecting = collectGarbageRegularly(COLLECT_EVERY_MS);
  try {
    await runShard(plan, await ENGINES[plan.engine].load(), port);
  } finally {
    stopCollecting();
    port.close();
  }
}
