import type { FleetListing } from '../read/fleet/list-rows.ts';
import type { RunListing } from '../read/listing.ts';
import { formatBytes, formatCount, formatMoment } from './format.ts';
import { renderTable } from './table.ts';
import { formatTestedShort } from './tested.ts';
import { formatVerdict } from './verdict.ts';

/** The runs of a results folder as a table, in the order given. */
export function renderRuns(runs: readonly RunListing[], width: number): string {
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const tested = runs.some((run) => run.tested !== undefined);
  const noted = runs.some(({ note }) => note !== '');
  const columns = [
    left('run'),
    // Ids begin with the start time, to the second.
    { ...left('started'), spare: 2 },
    { ...left('verdict'), leads: true },
    { title: 'size', align: 'right', spare: 3 } as const,
    { ...left('label'), gives: 'middle' } as const,
    ...(noted ? [{ ...left('note'), gives: 'middle' } as const] : []),
    ...(tested ? [{ ...left('tested'), gives: 'middle', least: 40, spare: 1 } as const] : []),
  ];
  const rows = runs.map((run) => [
    run.name,
    formatMoment(run.startedAt),
    formatOutcome(run),
    formatBytes(run.bytes),
    run.label,
    ...(noted ? [run.note] : []),
    ...(tested ? [run.tested === undefined ? '' : formatTestedShort(run.tested)] : []),
  ]);
  return `${renderTable(columns, rows, width).join('\n')}\n`;
}

/** The runs of fleets as a table, in the order given. */
export function renderFleetRuns(fleets: readonly FleetListing[], width: number): string {
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const columns = [
    left('run of a fleet'),
    { ...left('started'), spare: 2 },
    { ...left('probes'), leads: true, gives: 'words', least: 18 } as const,
    { ...left('label'), gives: 'middle' } as const,
  ];
  const rows = fleets.map(({ id, startsAt, label, complete, probes, others }) => [
    ...[id, startsAt === undefined ? '' : formatMoment(startsAt)],
    [
      `${formatCount(complete)} of ${formatCount(probes)} complete`,
      ...others.map(
        ([status, count]) => `${formatCount(count)} ${status === 'no-answer' ? 'no answer' : status}`,
      ),
    ].join(', '),
    label,
  ]);
  return `${renderTable(columns, rows, width).join('\n')}\n`;
}

function formatOutcome({ status, verdict }: RunListing): string {
  if (status !== 'complete' || verdict === undefined) return status;
  return verdict.generatorLimited ? 'generator-limited' : formatVerdict(status, verdict).word;
}
