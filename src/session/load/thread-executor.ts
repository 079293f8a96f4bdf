import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { EnvironmentError } from '../../errors.ts';
import { releaseFreedMemory } from '../../net/index.ts';
import { locateBuilt } from '../../places.ts';
import { collectGarbageRegularly } from '../../worker/collect-garbage.ts';
import type { FromWorker, ShardPlan } from '../../worker/protocol.ts';
import type { ShardLack, ShardTask } from '../../worker/task.ts';
import { checkAddressRoom } from './address-room.ts';
import { createDeferred } from './deferred.ts';
import { checkDescriptorRoom } from './descriptor-room.ts';
import type { Executor } from './executor.ts';
import { checkThreadRoom } from './thread-room.ts';

/**
 * Room for short-lived objects of a worker. V8 would let it grow to 48 MB and is slow to return it; its three halves of
 * 1 MB are scavenged in a fraction of a millisecond, because almost nothing in them is still alive.
 */
const YOUNG_GENERATION_MB = 3;

/** This thread opens no connections: a pause of some ten milliseconds delays none. */
const COLLECT_EVERY_MS = 60_000;
/** What reading the scenario and starting has left is never needed again. */
const FIRST_COLLECT_MS = 5_000;

/** A busy Raspberry Pi takes ten seconds for several, including the rehearsal. */
const READY_MS = 120_000;

/** Runs each shard as one long task of a pool with one thread per shard. */
export const executeInThreads: Executor = (plans, receive) => {
  checkThreadRoom('this load', plans.length);
  checkAddressRoom(plans.length);
  checkDescriptorRoom(plans.length);
  const pool = new Piscina<ShardTask, ShardLack | undefined>({
    filename: locateBuilt('worker/task.js'),
    minThreads: plans.length,
    maxThreads: plans.length,
    // The pool's blocking wait between tasks would freeze a thread that still has handles to close.
    atomics: 'disabled',
    // The times that tasks took or waited are of no use: there is one per thread.
    recordTiming: false,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const stopCollecting = collectGarbageRegularly(COLLECT_EVERY_MS, releaseFreedMemory, FIRST_COLLECT_MS);
  const ports = new Map<number, MessagePort>();
  let waiting = plans.length;
  const ready = createDeferred<void>();

  const launch = (plan: ShardPlan): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    ports.set(plan.index, port1);
    port1.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        waiting -= 1;
        if (waiting === 0) ready.resolve();
      }
      receive(message);
    });
    // The task's own end may overtake its last messages: they use another port.
    const drained = new Promise<void>((resolve) => port1.once('close', () => resolve()));
    return pool.run({ plan, port: port2 }, { transferList: [port2] }).then((lack) => {
      if (lack !== undefined) throw new EnvironmentError(lack.message, lack);
      return drained;
    });
  };

  // A thread that failed to start takes no task, and its pool starts no other.
  pool.on('error', ready.reject);
  const late = setTimeout(() => {
    ready.reject(
      new EnvironmentError(
        `only ${plans.length - waiting} of ${plans.length} workers started within ${READY_MS / 1_000} s`,
        {
          hint: 'this machine may have run out of threads (ulimit -u) or memory: use fewer --workers, or stop programs that use them',
        },
      ),
    );
  }, READY_MS);
  const finished = Promise.all(plans.map(launch)).then(() => undefined);
  finished.catch(ready.reject);
  ready.promise.finally(() => clearTimeout(late)).catch(() => undefined);

  return {
    ready: ready.promise,
    finished,
    send(message) {
      for (const port of ports.values()) port.postMessage(message);
    },
    sendTo(shard, message) {
      ports.get(shard)?.postMessage(message);
    },
    async close() {
      clearTimeout(late);
      stopCollecting();
      for (const port of ports.values()) port.close();
      await pool.destroy();
    },
  };
};
