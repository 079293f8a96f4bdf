import type { RunListener } from './types.ts';

/** May throw, in order to refuse the run. */
const DECIDES = 'approve';

/**
 * Wraps a listener so that its faults do not affect the run: output must neither end a load nor keep results from disk.
 * The first fault of each method becomes a warning; only `approve` may throw.
 */
export function shelter<Listener extends RunListener>(listener: Listener): Listener {
  const told = new Set<string>();
  const tell = (part: string, error: unknown): void => {
    if (told.has(part)) return;
    told.add(part);
    const why = error instanceof Error ? error.message : String(error);
    try {
      listener.warning?.(`the output of this run is incomplete (${part}: ${why}); the run continues`);
    } catch {
      // The warning itself failed; there is nowhere else to report it.
    }
  };
  const parts = Object.entries(listener).map(([part, act]: [string, unknown]) => {
    if (part === DECIDES || typeof act !== 'function') return [part, act];
    const sheltered = (...given: unknown[]): void => {
      try {
        const result: unknown = act.apply(listener, given);
        if (result instanceof Promise) result.catch((error: unknown) => tell(part, error));
      } catch (error) {
        tell(part, error);
      }
    };
    return [part, sheltered];
  });
  return Object.fromEntries(parts) as Listener;
}
