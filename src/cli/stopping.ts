import type { RunHandle } from '../session/types.ts';
import type { Host } from './host.ts';

/** Turns a first signal into an orderly stop and a second into an immediate one. */
export interface SignalWatch {
  /** Whether a signal has arrived. */
  readonly requested: boolean;
  /** Rejects at the second signal, or 10 s after the first, as long as there is no run to stop. */
  readonly impatient: Promise<never>;
  /** Directs signals to this run; an earlier one stops it at once. */
  attach(handle: Pick<RunHandle, 'stop'>): void;
  /** Restores the default handling of signals. */
  release(): void;
}

/** How long a start may continue after a signal: it checks at every step, but a step may hang. */
const STARTING_MS = 10_000;

/** A signal arrived before there was anything to stop. */
export class InterruptedBeforeStart extends Error {}

/**
 * First signal: start nothing more and let open attempts finish. Second: end everything now.
 * @param say reports which of the two to the user
 */
export function watchSignals(host: Host, say: (line: string) => void): SignalWatch {
  let signals = 0;
  let handle: Pick<RunHandle, 'stop'> | undefined;
  let giveUp: (reason: Error) => void = () => {};
  const impatient = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  // Only a race awaits it, which may be over.
  impatient.catch(() => {});

  const stop = (): void => {
    if (signals === 1) {
      say('stopping: no new attempts, and those in progress may finish; press Ctrl-C again to end them now');
      handle?.stop('drain');
      if (handle === undefined)
        setTimeout(() => handle ?? giveUp(new InterruptedBeforeStart()), STARTING_MS).unref();
    } else if (handle === undefined) giveUp(new InterruptedBeforeStart());
    else {
      if (signals === 2) say('ending all attempts now');
      handle.stop('abort');
    }
  };
  const unsubscribe = host.onStopSignal(() => {
    signals += 1;
    stop();
  });
  return {
    get requested() {
      return signals > 0;
    },
    impatient,
    attach(started) {
      handle = started;
      if (signals > 0) started.stop(signals === 1 ? 'drain' : 'abort');
    },
    release: unsubscribe,
  };
}
