import type { FromWorker, ShardPlan, ToWorker } from '../../worker/protocol.ts';

/** Shards being executed: in threads here, or on other machines. */
export interface ShardGroup {
  /** Resolves once every shard has reported that it is ready. */
  readonly ready: Promise<void>;
  /** Resolves once every shard is done; rejects with the first error of one. */
  readonly finished: Promise<void>;
  /** Sends a message to every shard. */
  send(message: ToWorker): void;
  /** Sends a message to one shard, by its index; a shard that is done does not receive it. */
  sendTo(shard: number, message: ToWorker): void;
  close(): Promise<void>;
}

/**
 * Starts shards; each waits for `start`. Messages from each shard, frames included, reach `receive` in the order sent.
 */
export type Executor = (plans: readonly ShardPlan[], receive: (message: FromWorker) => void) => ShardGroup;
