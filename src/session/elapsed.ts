import { markProcess } from '../store/process-mark.ts';
import type { RunInfo, SessionInfo } from '../store/run-info.ts';
import type { Clocks } from './host/read-clocks.ts';

/**
 * Seconds since second 0 of a run or soak. Until this machine is rebooted, by the monotonic clock; afterwards by the
 * wall clock, which may be behind until it is synchronised: a Raspberry Pi has no other.
 */
export function elapsedSec(
  { session, startedAt }: Pick<RunInfo, 'startedAt'> & { readonly session: SessionInfo },
  clocks: Pick<Clocks, 'read'>,
  nowMs: number,
): number {
  const { bootId } = markProcess();
  const isSameBoot = bootId !== '' && session.processes[0]?.bootId === bootId;
  return isSameBoot && session.startedBootMs !== undefined
    ? (clocks.read().bootMs - session.startedBootMs) / 1_000
    : (nowMs - Date.parse(startedAt)) / 1_000;
}
