import type { MessagePort } from 'node:worker_threads';
import type { CreateEngine } from '../engine/types.ts';
import { collectGarbageRegularly } from './collect-garbage.ts';
import type { ShardPlan } from './protocol.ts';
import { runShard } from './shard.ts';

/** What a pool hands to the worker: one long task a worker, stopped by message. */
export interface ShardTask {
  readonly plan: ShardPlan;
  readonly port: MessagePort;
}

/** Seldom enough: what is due in the milliseconds that it takes starts late, and says so. */
const COLLECT_EVERY_MS = 60_000;

/** Entry of a worker thread. */
export default async function runTask({ plan, port }: ShardTask): Promise<void> {
  const stopCollecting = collectGarbageRegularly(COLLECT_EVERY_MS);
  try {
    await runShard(plan, await loadEngine(plan.engine), port);
  } finally {
    stopCollecting();
    port.close();
  }
}

async function loadEngine(name: ShardPlan['engine']): Promise<CreateEngine> {
  switch (name) {
    case 'raw':
      return (await import('../engine/raw/engine.ts')).createRawEngine;
    case 'portable':
      return (await import('../engine/portable/engine.ts')).createPortableEngine;
  }
}
