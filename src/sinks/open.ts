import { kindOf, type SinkSpec } from './registry.ts';
import { DEFAULT_PACE, type Pace, type Sink, type SinkListener, type SinkSecrets } from './types.ts';

export interface SinkOptions extends SinkListener {
  /** Folder of all spools: `.spool` in the results folder. Made when something is put there. */
  readonly spoolRoot: string;
  readonly secrets: SinkSecrets;
  /** What each sink's spool may take on the disk. Default: 64 MB. */
  readonly spoolBytes?: number;
  readonly pace?: Pace;
}

const SPOOL_BYTES = 64 * 1_024 * 1_024;

/**
 * Opens each sink once. None is contacted yet: one that is unreachable is reported, and the run continues without it.
 */
export async function openSinks(specs: readonly SinkSpec[], options: SinkOptions): Promise<Sink[]> {
  const different = new Map(specs.map((spec) => [JSON.stringify(spec), spec]));
  return Promise.all([...different.values()].map((spec) => openSink(spec, options)));
}

async function openSink(spec: SinkSpec, options: SinkOptions): Promise<Sink> {
  const { spoolRoot, secrets, spoolBytes = SPOOL_BYTES, pace = DEFAULT_PACE } = options;
  const listener: SinkListener = {
    say: (line) => options.say(line),
    onAway: (name, why) => options.onAway?.(name, why),
    onBack: (name) => options.onBack?.(name),
  };
  return kindOf(spec).open(spec, { spoolRoot, spoolBytes, secrets, listener, pace });
}
