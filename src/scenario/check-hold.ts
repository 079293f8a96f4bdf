import type { ArmFile } from './schema.ts';
import { formatDuration } from './units.ts';
import { MOST_PROOF_AGES } from './words.ts';

interface Fault {
  readonly key: 'prove';
  readonly what: string;
  readonly fix: string;
}

/** Keep-alives wait whole seconds (tcp(7), TCP_KEEPIDLE), and no timer on the way is shorter. */
const LEAST_US = 1_000_000;

/** Ages at which held connections are proved, ascending, each once; what is wrong with them by the hold. */
export function resolveProofs({ hold = 0, prove, load }: ArmFile): { proveUs?: number[]; faults: Fault[] } {
  // What browsers make of it is told elsewhere.
  if (prove === undefined || load?.kind === 'browsers') return { faults: [] };
  const proveUs = [...new Set([prove].flat())].sort((a, b) => a - b);
  const [first = 0] = proveUs;
  const last = proveUs.at(-1) ?? 0;
  const fault = (what: string, fix: string): { faults: Fault[] } => ({
    faults: [{ key: 'prove', what, fix }],
  });
  if (hold === 0)
    return fault('"prove" says at which age held connections are proved, and none is held', 'add hold');
  if (first < LEAST_US)
    return fault(`nothing is proved at an age of ${formatDuration(first)}`, 'use 1s or more');
  if (proveUs.length > MOST_PROOF_AGES)
    return fault(
      `${proveUs.length} ages at which held connections are proved`,
      `give ${MOST_PROOF_AGES} at most`,
    );
  if (last >= hold) {
    const what = `no connection is held for ${formatDuration(last)}: hold is ${formatDuration(hold)}`;
    return fault(what, 'keep ages below hold, at whose end those that are left are proved anyway');
  }
  return { proveUs, faults: [] };
}
