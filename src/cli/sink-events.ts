import type { RunHandle } from '../session/types.ts';

/** What a sink that is away is noted by; one may be found so, at what waits in its spool, before load has begun. */
interface SinkAway {
  readonly text: string;
  end?: () => void;
}

/** Notes among what happens to a run which sinks take nothing. */
export interface SinkEvents {
  /** A sink takes nothing any more. @returns what is called once it does again */
  away(text: string): () => void;
  /** The run is there: what was noted before is told it now. */
  attach(handle: Pick<RunHandle, 'sinkAway'>): void;
}

export function createSinkEvents(): SinkEvents {
  let run: Pick<RunHandle, 'sinkAway'> | undefined;
  const early = new Set<SinkAway>();
  return {
    away(text) {
      const away: SinkAway = { text };
      if (run === undefined) early.add(away);
      else away.end = run.sinkAway(text);
      return () => {
        early.delete(away);
        away.end?.();
      };
    },
    attach(handle) {
      run = handle;
      for (const away of early) away.end = handle.sinkAway(away.text);
      early.clear();
    },
  };
}
