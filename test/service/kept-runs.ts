import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markProcess } from '../../src/store/process-mark.ts';
import { armAt, scenarioOf } from '../doctor/facts.ts';

/** Of a process that was there before this machine was started anew. */
export const DEAD = { ...markProcess(), bootId: 'earlier' };

export interface KeptRun {
  readonly process?: object;
  /** Absent: it never came to one. */
  readonly summary?: object;
  /** RFC 3339, UTC. */
  readonly startedAt?: string;
  readonly label?: string;
  /** What makes it a night's. */
  readonly soak?: object;
}

/** Leaves a run of the scenario `steady` in a results folder. */
export function keepRun(
  results: string,
  id: string,
  { process = DEAD, summary, startedAt = '2025-01-31T01:30:00.000Z', label = '', soak }: KeptRun = {},
): void {
  mkdirSync(join(results, id));
  const status = summary === undefined ? 'running' : 'complete';
  const info = {
    ...{ schema: 1, id, scenario: scenarioOf(armAt()), label, startedAt },
    ...{ status, engine: 'raw', stallsByTcpInfo: true, workers: 1 },
    ...(soak === undefined ? {} : { soak }),
    ...{ endpoints: {}, command: [], versions: { rushhour: '0.1.0', node: '20.19.2' }, host: {}, process },
  };
  writeFileSync(join(results, id, 'run.json'), JSON.stringify(info));
  if (summary !== undefined) writeFileSync(join(results, id, 'summary.json'), JSON.stringify(summary));
}
