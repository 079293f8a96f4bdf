import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { RunIdentity, Sink, SinkReport } from './types.ts';

/** Several sinks at once. */
export interface Sinks {
  begin(run: RunIdentity, before?: Frame): void;
  second(recorded: RecordedSecond): void;
  /** All at the same time, each for so long at most. */
  finish(withinMs: number): Promise<SinkReport[]>;
}

/** @param say called if a sink throws, which is a fault of this program and must not end a run */
export function teeSinks(sinks: readonly Sink[], say: (line: string) => void): Sinks {
  const faulty = new Set<Sink>();
  const each = (tell: (sink: Sink) => void): void => {
    for (const sink of sinks) {
      try {
        tell(sink);
      } catch (error) {
        if (!faulty.has(sink)) say(`${sink.name}: ${error instanceof Error ? error.message : String(error)}`);
        faulty.add(sink);
      }
    }
  };
  return {
    begin: (run, before) => each((sink) => sink.begin(run, before)),
    second: (recorded) => each((sink) => sink.second(recorded)),
    finish: (withinMs) => Promise.all(sinks.map((sink) => sink.finish(withinMs))),
  };
}
