import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { RunIdentity, Sink, SinkReport } from './types.ts';

/** Several sinks at once. */
export interface Sinks {
  begin(run: RunIdentity, before?: Frame): void;
  second(recorded: RecordedSecond): void;
  /** All at the same time, each for so long at most. */
  finish(withinMs: number): Promise<SinkReport[]>;
}

/** @param say told of a sink that throws, which none should: a fault of this program must not end a night */
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
