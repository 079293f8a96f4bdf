import type { ArmFile } from './schema.ts';
import { formatDuration } from './units.ts';
import { MOST_PROOF_AGES, TOGETHER } from './words.ts';

interface Fault {
  readonly key: 'prove' | 'hold';
  readonly what: string;
  readonly fix: string;
}

/** Keep-alives wait whole seconds (tcp(7), TCP_KEEPIDLE), and no timer on the way is shorter. */
const LEAST_US = 1_000_000;

/** Ages at which held connections are checked, ascending, each once; also reports ages that do not fit the hold. */
export function resolveProofs({ hold = 0, prove, load }: ArmFile): { proveUs?: number[]; faults: Fault[] } {
  // For browsers, check-browsers.ts reports this.
  if (load?.kind === 'browsers') return { faults: [] };
  if (hold === TOGETHER) return { faults: checkTogether(prove, load) };
  if (prove === undefined) return { faults: [] };
  const proveUs = [...new Set([prove].flat())].sort((a, b) => a - b);
  const [first = 0] = proveUs;
  const last = proveUs.at(-1) ?? 0;
  const fault = (what: string, fix: string): { faults: Fault[] } => ({
    faults: [{ key: 'prove', what, fix }],
  });
  if (hold === 0)
    return fault(
      '"prove" sets the ages at which to check held connections, but no connection is held',
      'add hold',
    );
  if (first < LEAST_US)
    return fault(`connections cannot be checked at an age of ${formatDuration(first)}`, 'use 1s or more');
  if (proveUs.length > MOST_PROOF_AGES)
    return fault(
      `${proveUs.length} ages at which to check held connections`,
      `give at most ${MOST_PROOF_AGES}`,
    );
  if (last >= hold) {
    const what = `no connection is held for ${formatDuration(last)}: hold is ${formatDuration(hold)}`;
    return fault(what, 'keep ages below hold: the remaining connections are checked at its end anyway');
  }
  return { proveUs, faults: [] };
}

function checkTogether(prove: ArmFile['prove'], load: ArmFile['load']): Fault[] {
  if (prove !== undefined) {
    const what = 'connections that are held together are all checked at the end';
    return [{ key: 'prove', what, fix: 'remove it, or give hold a duration' }];
  }
  if (load === undefined || load.kind === 'open') return [];
  const what = 'connections are held together until the load is over, and only phases say when that is';
  return [{ key: 'hold', what, fix: 'give it a duration, or give load a list of phases' }];
}
