import { markProcess } from '../store/process-mark.ts';
import type { RunInfo, SoakInfo } from '../store/run-info.ts';
import type { Clocks } from './host/read-clocks.ts';

/**
 * Seconds since a soak's second 0: by the clock that nobody sets, as long as this machine has not been started anew. After
 * that by the wall clock, which may be behind until somebody sets it: a Raspberry Pi has no other.
 */
export function elapsedSec(
  { soak, startedAt }: Pick<RunInfo, 'startedAt'> & { readonly soak: SoakInfo },
  clocks: Pick<Clocks, 'read'>,
  nowMs: number,
): number {
  const { bootId } = markProcess();
  const isSameBoot = bootId !== '' && soak.processes[0]?.bootId === bootId;
  return isSameBoot && soak.startedBootMs !== undefined
    ? (clocks.read().bootMs - soak.startedBootMs) / 1_000
    : (nowMs - Date.parse(startedAt)) / 1_000;
}
