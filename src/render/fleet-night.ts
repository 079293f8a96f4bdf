import { isWithoutVerdict } from '../analysis/sites/judge.ts';
import type { FleetSummary } from '../analysis/sites/types.ts';
import { formatStatus } from './fleet.ts';

/** A night of a fleet's soak in a line: how many probes completed it, and which sites are ill. */
export function formatNight({ run, probes, sites, text }: FleetSummary): string {
  const complete = probes.filter(({ status, trouble }) => status === 'complete' && trouble.length === 0);
  const others = probes
    .filter((probe) => !complete.includes(probe))
    .map((probe) => `${probe.probe} ${formatStatus(probe)}`);
  const counted = `${complete.length} of ${probes.length} ${probes.length === 1 ? 'probe' : 'probes'} complete`;
  return [
    `${run.id}: ${counted}${others.length === 0 ? '' : ` (${others.join(', ')})`}`,
    ...(sites.length > 1 || isWithoutVerdict(sites) ? [text] : []),
  ].join('; ');
}
