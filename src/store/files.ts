/** The files of a run's folder. docs/results.md describes each. */
export const FILES = {
  info: 'run.json',
  frames: 'frames.jsonl',
  stalls: 'stalls.jsonl',
  latency: 'latency.hlog',
  summary: 'summary.json',
  notes: 'notes.json',
  firewall: 'firewall.jsonl',
} as const;

/** Written by soaks, and events.jsonl also by runs that something happened to. */
export const SESSION_FILES = {
  events: 'events.jsonl',
  /** Folder with one line per second, for the last hour. */
  recent: 'recent',
} as const;

/** What was seen on the wire of attempts, where packets were captured. */
export const EVIDENCE_FILES = {
  lines: 'evidence.jsonl',
  capture: 'capture/near.pcapng',
} as const;

/** What both sides of a run saw, where a capture of the far side was joined with its own. */
export const FAR_FILES = {
  summary: 'far.json',
  lines: 'far.jsonl',
} as const;

const LATENCY_LOG = /^latency(?:\.(\d+))?\.hlog$/;

/** A log of histograms that grows long is continued in another file: latency.hlog, latency.1.hlog, and so on. */
export function latencyFile(index: number): string {
  return index === 0 ? FILES.latency : `latency.${index}.hlog`;
}

/** Those among the names of a folder, in the order in which they were written. */
export function latencyFilesAmong(names: readonly string[]): string[] {
  return names
    .flatMap((name) => {
      const match = LATENCY_LOG.exec(name);
      return match === null ? [] : [{ name, index: Number(match[1] ?? 0) }];
    })
    .sort((a, b) => a.index - b.index)
    .map(({ name }) => name);
}
