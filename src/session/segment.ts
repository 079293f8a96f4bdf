import type { Scenario } from '../scenario/types.ts';
import { type Load, openLoad } from './load/load.ts';
import { WholeSeconds, type WholeSecondsOptions } from './load/second-aggregator.ts';
import type { RunListener, RunOptions } from './types.ts';

export type LegOptions = Pick<RunOptions, 'workers' | 'engine'> & {
  /** What is left of the night's. Its far end has an address. */
  readonly scenario: Scenario;
  /** The night's first: somebody has to answer, and the user is asked. */
  readonly isFirst: boolean;
};

/** A stretch of load without a break: threads of its own, addresses as they were when it began. */
export interface Leg {
  readonly load: Load;
  /**
   * Lets load flow.
   * @param atEpochMs its second 0; milliseconds since 1970
   * @returns a promise that resolves once all of it has settled, and rejects where a worker failed
   */
  run(atEpochMs: number, take: Pick<WholeSecondsOptions, 'onHistogram' | 'onSecond'>): Promise<void>;
  /** Lets go of what it took. */
  close(): Promise<void>;
}

/** @throws EnvironmentError where something that it needs is missing; nothing is left behind then */
export async function openLeg(options: LegOptions, listener: RunListener): Promise<Leg> {
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const load = await openLoad({ ...options, asksFirst: options.isFirst }, listener, undo);
    return {
      load,
      run(atEpochMs, take) {
        const seconds = new WholeSeconds({
          ...{ ...take, shards: options.workers },
          ...{ takeTokens: load.takeTokens, takeLocalDrops: load.takeLocalDrops },
        });
        load.start(atEpochMs, (message) => seconds.receive(message));
        return load.finished;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
