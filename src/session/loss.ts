import { type EnvironmentError, EXIT, RushhourError } from '../errors.ts';
import { describeExhaustion } from './load/exhaustion.ts';

/** Watches for the loss of something that the load needs. */
export interface Loss {
  /** The first loss; undefined if there is none. */
  readonly why: EnvironmentError | undefined;
  happens(why: EnvironmentError): void;
  /** @param act called once something is lost; at once if it is already lost */
  onceLost(act: () => void): void;
}

export function watchForLoss(): Loss {
  let why: EnvironmentError | undefined;
  let act: () => void = () => {};
  return {
    get why() {
      return why;
    },
    happens(error) {
      why ??= error;
      act();
    },
    onceLost(acting) {
      act = acting;
      if (why !== undefined) act();
    },
  };
}

/** @param dir of the run */
export function workerFault(fault: unknown, dir: string): RushhourError {
  const cause = describeExhaustion(fault) ?? fault;
  if (cause instanceof RushhourError) {
    const hint = [cause.hint, `everything recorded until then is in ${dir}`].filter(Boolean).join('; ');
    return new RushhourError(cause.message, cause.exitCode, { hint, cause });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RushhourError(`a worker failed: ${why}`, EXIT.internal, {
    hint: `everything recorded until then is in ${dir}`,
    cause,
  });
}

/** Why the summary could not be stored; undefined if it was. Rethrows everything but an EnvironmentError. */
export async function whyNotKept(kept: Promise<void>): Promise<RushhourError | undefined> {
  try {
    await kept;
    return undefined;
  } catch (error) {
    if (error instanceof RushhourError) return error;
    throw error;
  }
}
