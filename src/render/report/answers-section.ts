import { listStatuses } from '../../metrics/statuses.ts';
import { formatCount, formatShare } from '../format.ts';
import { htmlTable } from './html.ts';
import { type ArmSide, armNames, armSides, type Side, sideLabel } from './sides.ts';

/** Responses of every arm by status; empty if there were none, or the run's version did not count them. */
export function answersSection(sides: readonly Side[]): string {
  const rows = armNames(sides).flatMap((arm) => armSides(sides, arm).flatMap(rowsOf));
  if (rows.length === 0) return '';
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const table = htmlTable(
    { columns: [left('arm'), left('to'), left('status'), right('answers'), right('share')], rows },
    'Answers by status',
  );
  return `<section><h2>Answers by status</h2>${table}</section>`;
}

/**
 * What refused connections, proxies' names for their errors, schemes required, missing content; empty without any.
 */
export function namesSection(sides: readonly Side[]): string {
  const rows = armNames(sides).flatMap((arm) =>
    armSides(sides, arm).flatMap(({ side, summary }) =>
      NAMED_ROWS.flatMap(([label, key]) =>
        Object.entries(summary[key] ?? {})
          .sort(([, a], [, b]) => b - a)
          .map(([name, count]) => [sideLabel(side, arm), label, name, formatCount(count)]),
      ),
    ),
  );
  if (rows.length === 0) return '';
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const table = htmlTable(
    { columns: [left('arm'), left('what'), left('said'), { title: 'times', align: 'right' }], rows },
    'Reasons for refusals',
  );
  return `<section><h2>Reasons for refusals</h2>${table}</section>`;
}

const NAMED_ROWS = [
  ['refused by', 'refusals'],
  ['proxy error', 'errorNames'],
  ['schemes offered', 'schemesOffered'],
  ['content not met', 'unmetContent'],
] as const;

function rowsOf({ side, arm, summary }: ArmSide): string[][] {
  return [
    ...rowsTo('CONNECT', summary.tunnelStatuses, sideLabel(side, arm)),
    ...rowsTo('request', summary.statuses, sideLabel(side, arm)),
  ];
}

/**
 * The most frequent first.
 * @param statuses absent in runs of an earlier version
 */
function rowsTo(
  to: string,
  statuses: ArmSide['summary']['statuses'] | undefined,
  subject: string,
): string[][] {
  const listed = listStatuses(statuses).sort(([, a], [, b]) => b - a);
  const all = listed.reduce((sum, [, count]) => sum + count, 0);
  return listed.map(([status, count]) => [subject, to, status, formatCount(count), formatShare(count / all)]);
}
