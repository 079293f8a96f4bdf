import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { RunHandle, RunPlan } from '../session/types.ts';
import type { SinkReport } from '../sinks/types.ts';
import { readSinks, type SinkFlags } from './flags/sink-flags.ts';
import type { Host } from './host.ts';

/** How long the end of a run waits for its sinks: Prometheus scrapes every 15 s by default. */
const FINISH_MS = 20_000;

/** Everything that a run writes to besides its folder. */
export interface RunSinks {
  begin(run: Pick<RunPlan, 'id' | 'engine'>, before?: Frame): void;
  second(recorded: RecordedSecond): void;
  /** Delivers what is left, and reports what could not be delivered. */
  finish(): Promise<void>;
}

export interface RunSinksOptions {
  readonly flags: SinkFlags;
  readonly scenario: string;
  readonly label: string;
  /** Of a probe of a fleet; absent: not known. */
  readonly site?: string | undefined;
  readonly results: string;
  readonly say: (line: string) => void;
  /**
   * Records that the sink accepts nothing.
   * @returns a function to call on recovery
   */
  readonly onAway?: ((text: string) => () => void) | undefined;
}

/**
 * Opens the sinks named by flags and environment; undefined if they name none.
 * @throws UsageError if one cannot be parsed
 */
export async function openRunSinks(host: Host, options: RunSinksOptions): Promise<RunSinks | undefined> {
  const { specs, secrets } = readSinks(options.flags, host);
  if (specs.length === 0) return undefined;
  const { flags: _, results, say, onAway, ...identity } = options;
  const [{ openSinks }, { teeSinks }] = await Promise.all([
    import('../sinks/open.ts'),
    import('../sinks/tee.ts'),
  ]);
  const away = new Map<string, () => void>();
  const sinks = teeSinks(
    await openSinks(specs, {
      spoolRoot: join(results, '.spool'),
      secrets,
      say,
      onAway(name, why) {
        if (onAway !== undefined && !away.has(name)) away.set(name, onAway(`${name}: ${why}`));
      },
      onBack(name) {
        away.get(name)?.();
        away.delete(name);
      },
    }),
    say,
  );
  return {
    begin({ id, engine }, before) {
      sinks.begin({ ...identity, runId: id, engine, host: hostname() }, before);
    },
    second: (recorded) => sinks.second(recorded),
    async finish() {
      for (const report of await sinks.finish(FINISH_MS)) {
        const line = formatReport(report);
        if (line !== undefined) say(line);
      }
    },
  };
}

/** Undefined if everything was delivered. */
function formatReport({ name, delivered, spooled, dropped, refused, fault }: SinkReport): string | undefined {
  const missing = [
    ...(spooled > 0 ? [`${spooled} are waiting on disk for the next run with this sink`] : []),
    ...(dropped > 0 ? [`${dropped} are lost`] : []),
    ...(refused > 0 ? [`${refused} were refused`] : []),
  ];
  if (missing.length === 0) return undefined;
  const why = fault === undefined ? '' : ` (${fault})`;
  return `warning: ${name}: ${delivered} seconds delivered, ${missing.join(', ')}${why}`;
}

/** The record of an unavailable sink; one may be found unavailable because of its spool before load has begun. */
interface SinkAway {
  readonly text: string;
  end?: () => void;
}

/** Records in a run's events which sinks accept nothing. */
interface SinkEvents {
  /**
   * Records that a sink accepts nothing.
   * @returns a function to call on recovery
   */
  away(text: string): () => void;
  /** The run has started: passes on what was recorded earlier. */
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
