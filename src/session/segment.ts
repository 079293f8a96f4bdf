import { type QuietPing, startQuietPing } from '../evidence/ping/quiet-ping.ts';
import type { BesideCounts } from '../metrics/types.ts';
import { isLibcAvailable } from '../net/index.ts';
import type { Scenario } from '../scenario/types.ts';
import { type Load, openLoad } from './load/load.ts';
import { findPingTargets } from './load/ping-targets.ts';
import { SecondAggregator, type SecondAggregatorOptions } from './load/second-aggregator.ts';
import type { RunListener, RunOptions } from './types.ts';
import { Undo } from './undo.ts';

export type SegmentOptions = Pick<RunOptions, 'workers' | 'engine'> & {
  /** What is left of the session's. Its far end has an address. */
  readonly scenario: Scenario;
  /** Whether it is the first of its process: somebody must then answer before load starts. */
  readonly isFirst: boolean;
};

/** A stretch of load without a break: threads of its own, addresses as they were when it began. */
export interface LoadSegment {
  readonly load: Load;
  /**
   * Starts the load.
   * @param atEpochMs its second 0; milliseconds since 1970
   * @returns a promise that resolves once every attempt has settled, and rejects if a worker failed
   */
  run(atEpochMs: number, take: Pick<SecondAggregatorOptions, 'onHistogram' | 'onSecond'>): Promise<void>;
  /** Releases everything that it holds. */
  close(): Promise<void>;
}

/** @throws EnvironmentError where something that it needs is missing; nothing is left behind then */
export async function openSegment(options: SegmentOptions, listener: RunListener): Promise<LoadSegment> {
  const undo = new Undo();
  try {
    const load = await openLoad({ ...options, asksFirst: options.isFirst }, listener, undo);
    return {
      load,
      run(atEpochMs, take) {
        const pings = startPings(options.scenario, load, listener);
        undo.push(async () => pings?.close());
        const seconds = new SecondAggregator({
          ...{ ...take, shards: options.workers },
          takeTokens: load.takeTokens,
          takeHostSecond: () => ({ ...load.takeHostSecond(), ...takePings(pings) }),
        });
        load.start(atEpochMs, (message) => seconds.receive(message));
        return load.finished;
      },
      close: () => undo.run(),
    };
  } catch (error) {
    await undo.run();
    throw error;
  }
}

function startPings(scenario: Scenario, { arms }: Load, listener: RunListener): QuietPing | undefined {
  const targets = findPingTargets(scenario, arms);
  if (targets.length === 0 || !isLibcAvailable()) return undefined;
  return startQuietPing({ targets, warn: (message) => listener.warning?.(message) });
}

function takePings(pings: QuietPing | undefined): Pick<BesideCounts, 'pings'> {
  const taken = pings?.take();
  return taken === undefined ? {} : { pings: taken };
}
