import { type QuietPing, startQuietPing } from '../evidence/ping/quiet-ping.ts';
import type { BesideCounts } from '../metrics/types.ts';
import { isLibcAvailable } from '../net/index.ts';
import type { Scenario } from '../scenario/types.ts';
import type { KeptEvidence } from '../store/evidence-log.ts';
import type { FromWorker } from '../worker/protocol.ts';
import type { FarWitness } from './load/far-witness.ts';
import { type Load, openLoad } from './load/load.ts';
import { findPingTargets } from './load/ping-targets.ts';
import { SecondAggregator, type SecondAggregatorOptions } from './load/second-aggregator.ts';
import { checkCapture, openNearSide, pipeThrough } from './near-side.ts';
import type { CaptureOutline, RunListener, RunOptions } from './types.ts';
import { Undo } from './undo.ts';

export type SegmentOptions = Pick<RunOptions, 'workers' | 'engine' | 'share'> & {
  /** The remaining part of the session's scenario. Its far end has an address. */
  readonly scenario: Scenario;
  /** Whether it is the first of its process: an endpoint must then answer before load starts. */
  readonly isFirst: boolean;
  /** Names of arms whose endpoints need not. */
  readonly controls?: readonly string[];
  /** A peer on the far host, if there is one. */
  readonly witness?: FarWitness;
};

/** Receives what a segment counted, and what was seen of its attempts. */
export type SegmentReceiver = Pick<SecondAggregatorOptions, 'onHistogram' | 'onSecond'> & {
  /** @param second of the segment */
  onEvidence(second: number, kept: readonly KeptEvidence[]): void;
};

/** A continuous stretch of load, with its own threads and the addresses resolved when it began. */
export interface LoadSegment {
  readonly load: Load;
  /** Whether its packets are captured; absent: not requested. */
  readonly capture?: CaptureOutline;
  /**
   * Starts the load.
   * @param atEpochMs its second 0; milliseconds since 1970
   * @returns a promise that resolves once every attempt has settled, and rejects if a worker failed
   */
  run(atEpochMs: number, take: SegmentReceiver): Promise<void>;
  /** Releases everything that it holds. */
  close(): Promise<void>;
}

/** @throws EnvironmentError if something that it needs is missing; nothing is left behind then */
export async function openSegment(options: SegmentOptions, listener: RunListener): Promise<LoadSegment> {
  const undo = new Undo();
  try {
    const mode = options.scenario.capture ?? 'auto';
    const capture = checkCapture(mode);
    const notes = capture?.isOn === true;
    const load = await openLoad({ ...options, asksFirst: options.isFirst, notes }, listener, undo);
    const near = notes ? await openNearSide(load.arms, mode, listener) : undefined;
    if (near !== undefined) undo.push(async () => near.stop());
    return {
      load,
      ...(capture === undefined ? {} : { capture }),
      async run(atEpochMs, take) {
        const pings = startPings(options.scenario, load, listener);
        undo.push(async () => pings?.close());
        const seconds = new SecondAggregator({
          ...{ ...take, shards: options.workers },
          takeTokens: load.takeTokens,
          takeHostSecond: () => ({ ...load.takeHostSecond(), ...takePings(pings) }),
        });
        const receive = (message: FromWorker): void => seconds.receive(message);
        near?.start(atEpochMs);
        load.start(atEpochMs, near === undefined ? receive : pipeThrough(near, receive, take.onEvidence));
        await load.finished;
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
