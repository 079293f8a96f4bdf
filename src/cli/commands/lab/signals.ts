import type { ExitCode } from '../../../errors.ts';
import type { Entered } from '../../../lab/index.ts';
import type { Context } from '../../context.ts';

interface Signals {
  interrupted(): boolean;
  /** Waits for a command, passing signals on to it. */
  follow(entered: Entered): Promise<ExitCode>;
}

/** A signal must not prevent the removal of a lab: it ends the command inside, and removal follows. */
export async function withSignals(
  { host }: Context,
  work: (signals: Signals) => Promise<ExitCode>,
): Promise<ExitCode> {
  let interrupted = false;
  let current: Entered | undefined;
  const release = host.onStopSignal((signal) => {
    interrupted = true;
    current?.stop(signal);
  });
  try {
    return await work({
      interrupted: () => interrupted,
      async follow(entered) {
        current = entered;
        // Another program's exit code, passed on as it is.
        return (await entered.exitCode) as ExitCode;
      },
    });
  } finally {
    release();
  }
}
