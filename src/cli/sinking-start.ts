import type { RunHandle, RunListener, RunOptions } from '../session/types.ts';
import type { SinkFlags } from './flags/sink-flags.ts';
import type { Host } from './host.ts';
import { createSinkEvents, openRunSinks } from './run-sinks.ts';

export type StartSession = (options: RunOptions, listener: RunListener) => Promise<RunHandle>;

export interface SinkingOptions {
  readonly host: Host;
  readonly flags: SinkFlags;
  readonly results: string;
  readonly say: (line: string) => void;
  /** Where this machine is, as of now; undefined if nobody says. */
  readonly readSite: () => Promise<string | undefined>;
}

/** Starts sessions of which each second goes to the sinks of the flags as well, if they name any. A sink never keeps a run from starting. */
export function sinkingStart(
  start: StartSession,
  { host, flags, results, say, readSite }: SinkingOptions,
): StartSession {
  return async (options, listener) => {
    const events = createSinkEvents();
    const sinks = await openRunSinks(host, {
      ...{ flags, scenario: options.scenario.name, label: options.label, site: await readSite() },
      ...{ results, say, onAway: events.away },
    });
    if (sinks === undefined) return start(options, listener);
    const finish = (): Promise<void> =>
      sinks.finish().catch((error: Error) => say(`warning: sinks: ${error.message}`));
    let handle: RunHandle;
    try {
      handle = await start(options, {
        ...listener,
        planned(plan, before) {
          sinks.begin(plan, before);
          listener.planned?.(plan, before);
        },
        second(recorded) {
          sinks.second(recorded);
          listener.second?.(recorded);
        },
      });
    } catch (error) {
      await finish();
      throw error;
    }
    events.attach(handle);
    return {
      plan: handle.plan,
      stop: (how) => handle.stop(how),
      sinkAway: (text) => handle.sinkAway(text),
      finished: handle.finished.finally(finish),
    };
  };
}
