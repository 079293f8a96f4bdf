import { RushhourError } from '../errors.ts';
import { joinSides } from '../evidence/far/join.ts';
import { listOwnCaptures } from '../evidence/far/own-captures.ts';
import type { FarSummary } from '../metrics/far.ts';
import type { RunInfo } from '../store/run-info.ts';
import type { RunListener } from './types.ts';

/** Joins what a run captured itself with what a peer recorded for it. Never rejects: evidence must not end a run. */
export async function joinOwnSides(
  dir: string,
  { scenario: { marker } }: Pick<RunInfo, 'scenario'>,
  { warning, joining }: Pick<RunListener, 'warning' | 'joining'>,
): Promise<FarSummary | undefined> {
  try {
    const far = await listOwnCaptures(dir);
    if (far.length === 0) return undefined;
    return (await joinSides(dir, { far: [far], marker, nowMs: Date.now(), onBytes: joining })).summary;
  } catch (error) {
    const hint = error instanceof RushhourError && error.hint !== undefined ? `; ${error.hint}` : '';
    warning?.(`what both sides captured was not joined: ${(error as Error).message}${hint}`);
    return undefined;
  }
}
