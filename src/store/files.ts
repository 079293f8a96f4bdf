/** The files of a run's folder. docs/results.md describes each. */
export const FILES = {
  info: 'run.json',
  frames: 'frames.jsonl',
  stalls: 'stalls.jsonl',
  latency: 'latency.hlog',
  summary: 'summary.json',
  notes: 'notes.json',
} as const;
