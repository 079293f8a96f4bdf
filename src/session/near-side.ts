import { EnvironmentError } from '../errors.ts';
import {
  type CaptureLack,
  type NearCapture,
  openNearCapture,
  whyNoCapture,
} from '../evidence/near/near-capture.ts';
import type { NearArm, NearFound } from '../evidence/near/near-protocol.ts';
import { emptyCounts } from '../metrics/counts.ts';
import type { CaptureMode } from '../scenario/words.ts';
import type { KeptEvidence } from '../store/evidence-log.ts';
import type { FromWorker, PlannedArm } from '../worker/protocol.ts';
import { formatEndpoint } from './load/resolve.ts';
import type { CaptureOutline, RunListener } from './types.ts';

/** Handshakes that take as long as they may are judged in the second after that, and reported in the next. */
const MARGIN_US = 3_000_000;

/**
 * A connection has about six: at some 5,000 connections a second, reading them takes a twentieth of a core. Beyond that a load
 * wants all of the machine.
 */
const MOST_PACKETS_PER_SEC = 30_000;

/**
 * Whether packets can be captured beside a load.
 * @throws EnvironmentError if they have to be and cannot
 */
export function checkCapture(mode: CaptureMode): CaptureOutline | undefined {
  if (mode === 'off') return undefined;
  const lack = whyNoCapture();
  if (lack === undefined) return { isOn: true };
  if (mode === 'on') throw refusal(lack);
  return { isOn: false, ...lack };
}

function refusal({ what, mend }: CaptureLack): EnvironmentError {
  return new EnvironmentError(`cannot capture packets: ${what}`, {
    hint: `${mend}; or run without capture: --capture auto`,
  });
}

/**
 * Listens to the handshakes of these arms.
 * @returns undefined where the kernel refuses and nobody insists
 * @throws EnvironmentError where somebody does
 */
export async function openNearSide(
  arms: readonly PlannedArm[],
  mode: CaptureMode,
  { warning }: Pick<RunListener, 'warning'>,
): Promise<NearCapture | undefined> {
  const timeoutsUs = arms.map(({ arm }) => arm.handshakeTimeoutUs);
  try {
    return await openNearCapture({
      arms: arms.map(describeArm),
      horizonUs: Math.max(...timeoutsUs) + MARGIN_US,
      ...(mode === 'on' ? {} : { mostPacketsPerSec: MOST_PACKETS_PER_SEC }),
      onLost: ({ message }) =>
        warning?.(
          `packet capture has ended (${message}): there is no evidence from here on, but the load continues (--capture on keeps capturing)`,
        ),
    });
  } catch (error) {
    if (mode === 'on') throw error;
    warning?.(`packets are not captured: ${(error as Error).message}`);
    return undefined;
  }
}

function describeArm({ arm, endpoints, sources }: PlannedArm): NearArm {
  return {
    name: arm.name,
    endpoints: endpoints.map((endpoint) => {
      const { address, port } = endpoint;
      return { address, port, name: formatEndpoint(endpoint) };
    }),
    sources,
  };
}

/**
 * Between workers and whoever counts: has the packets of the attempts in each message looked at, adds to its counts what met
 * them, and passes messages on in their order.
 */
export class NearPipe {
  readonly #near: Pick<NearCapture, 'look'>;
  readonly #receive: (message: FromWorker) => void;
  readonly #keep: (second: number, kept: readonly KeptEvidence[]) => void;
  #passed: Promise<void> = Promise.resolve();

  constructor(
    near: Pick<NearCapture, 'look'>,
    receive: (message: FromWorker) => void,
    keep: (second: number, kept: readonly KeptEvidence[]) => void,
  ) {
    this.#near = near;
    this.#receive = receive;
    this.#keep = keep;
  }

  take(message: FromWorker): void {
    const looked =
      message.kind === 'frame' && message.noted !== undefined ? this.#near.look(message.noted) : undefined;
    this.#passed = this.#passed.then(async () => {
      const found = await looked;
      if (found === undefined || message.kind !== 'frame') return this.#receive(message);
      this.#receive({ ...message, frame: withFound(message.frame, found) });
      this.#keep(message.frame.second, found.kept);
    });
    // Whoever waits for the end of it hears of a fault.
    this.#passed.catch(() => undefined);
  }

  /** Resolves once everything has been passed on; rejects with the fault of who received it. */
  get passed(): Promise<void> {
    return this.#passed;
  }
}

type WorkerFrame = Extract<FromWorker, { kind: 'frame' }>['frame'];

function withFound(frame: WorkerFrame, { answers, dropped }: NearFound): WorkerFrame {
  const series = { ...frame.series };
  for (const [name, synAnswers] of Object.entries(answers))
    series[name] = { ...(series[name] ?? emptyCounts()), synAnswers: { ...synAnswers } };
  return { ...frame, series, ...(dropped === 0 ? {} : { captureDrops: dropped }) };
}
