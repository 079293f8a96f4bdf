import type { FromWorker, ShardPlan, ToWorker } from '../../worker/protocol.ts';

/** Shards being executed somewhere: in threads here, or on other machines. */
export interface ShardGroup {
  /** Resolves once every shard has reported that it is ready. */
  readonly ready: Promise<void>;
  /** Resolves once every shard is done; rejects with the first fault of one. */
  readonly finished: Promise<void>;
  /** To every shard. */
  send(message: ToWorker): void;
  /** To one shard, by its index; one that is done does not hear it. */
  sendTo(shard: number, message: ToWorker): void;
  close(): Promise<void>;
}

/** Starts shards; each waits for `start`. Frames and the rest arrive at `receive` in each shard's own order. */
export type Executor = (plans: readonly ShardPlan[], receive: (message: FromWorker) => void) => ShardGroup;
