import { EnvironmentError } from '../errors.ts';
import type { NearCapture } from '../evidence/near/near-capture.ts';
import type { NearArm, NearFound } from '../evidence/near/types.ts';
import { type CaptureLack, whyNoCapture } from '../evidence/near/why-no-capture.ts';
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
export const MOST_PACKETS_PER_SEC = 30_000;

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
  // Only a run that captures loads it.
  const { NearCapture } = await import('../evidence/near/near-capture.ts');
  const timeoutsUs = arms.map(({ arm }) => arm.handshakeTimeoutUs);
  try {
    return new NearCapture({
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

/** Takes what a worker sends on its way to whoever counts. */
export type Pipe = (message: FromWorker) => void;

/**
 * Between workers and whoever counts: has the packets of the attempts in each message looked at, and adds to its counts what met
 * them.
 * @param keep takes what is kept of them, once the message has been received
 */
export function pipeThrough(
  near: Pick<NearCapture, 'look'>,
  receive: Pipe,
  keep: (second: number, kept: readonly KeptEvidence[]) => void,
): Pipe {
  return (message) => {
    if (message.kind !== 'frame' || message.noted === undefined) return receive(message);
    const found = near.look(message.noted);
    receive({ ...message, frame: withFound(message.frame, found) });
    keep(message.frame.second, found.kept);
  };
}

type WorkerFrame = Extract<FromWorker, { kind: 'frame' }>['frame'];

function withFound(frame: WorkerFrame, { answers, dropped }: NearFound): WorkerFrame {
  const series = { ...frame.series };
  for (const [name, synAnswers] of Object.entries(answers))
    series[name] = { ...(series[name] ?? emptyCounts()), synAnswers: { ...synAnswers } };
  return { ...frame, series, ...(dropped === 0 ? {} : { captureDrops: dropped }) };
}
