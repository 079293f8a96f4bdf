import type { Trend, TrendNight } from '../analysis/trend/types.ts';
import { formatDuration, formatMicros, formatPerSec, formatShare } from './format.ts';
import type { Paint } from './paint.ts';
import { renderSparkline } from './sparkline.ts';
import { type Column, layOutTable } from './table.ts';

interface NightColumn extends Column {
  /** Omitted on a terminal narrower than this. */
  readonly from: number;
  cell(night: TrendNight, arm: string): string;
}

const right = 'right' as const;

const COLUMNS: readonly NightColumn[] = [
  { title: 'length', align: right, from: 96, cell: ({ lengthSec }) => formatDuration(lengthSec * 1_000_000) },
  figureColumn('started', 'achievedPerSec', formatPerSec, 0),
  figureColumn('stalled', 'stalled.rate', formatShare, 0),
  { title: '95 % interval', align: right, from: 0, cell: intervalOf },
  figureColumn('frozen', 'frozen.rate', formatShare, 90),
  figureColumn('p50', 'handshakeUs.p50', formatMicros, 0),
  figureColumn('p99', 'handshakeUs.p99', formatMicros, 0),
  {
    ...{ title: 'not ok', align: right, from: 0 },
    cell: ({ arms }, arm) => mapDefined(arms[arm]?.notOkShare, formatShare),
  },
];

/** Figures drawn as sparklines below the table. */
const SPARKLINES = [
  ['stalled', 'stalled.rate'],
  ['p99', 'handshakeUs.p99'],
] as const;

/** The nights of one arm, one row each, and two figures as sparklines. `-`: does not count; `!`: the probe changed. */
export function renderNights(trend: Trend, arm: string, width: number, paint: Paint): string[] {
  const { nights, probeChanges } = trend;
  const changed = new Set(probeChanges.map(({ id }) => id));
  const columns = COLUMNS.filter(({ from }) => width >= from);
  const { head, rows } = layOutTable(
    [{ title: `Arm ${arm}`, align: 'left' }, { title: '', align: 'left', leads: true }, ...columns],
    nights.map((night) => [
      nameNight(night, nights),
      (night.leftOut === null ? '' : '-') + (changed.has(night.id) ? '!' : ''),
      ...columns.map(({ cell }) => cell(night, arm)),
    ]),
    width,
  );
  return [
    ...head.map((line) => paint('strong', line)),
    ...rows.flatMap((row, index) =>
      nights[index]?.leftOut === null ? row : row.map((line) => paint('faint', line)),
    ),
    ...SPARKLINES.flatMap(([name, figure]) => {
      const values = nights.map(({ arms, leftOut }) =>
        leftOut === null ? (arms[arm]?.figures[figure]?.value ?? 0) : 0,
      );
      return values.some((value) => value > 0)
        ? [`${name.padEnd(12)}${renderSparkline(values, width - 12, true)}`]
        : [];
    }),
  ];
}

/** The date, with the time if a day has several nights. */
export function nameNight(
  { date, time }: Pick<TrendNight, 'date' | 'time'>,
  nights: readonly TrendNight[],
): string {
  const isAlone = nights.filter((other) => other.date === date).length < 2;
  return isAlone ? date : `${date} ${time}`;
}

function figureColumn(
  title: string,
  figure: string,
  format: (value: number) => string,
  from: number,
): NightColumn {
  return {
    ...{ title, align: right, from },
    cell: ({ arms }, arm) => mapDefined(arms[arm]?.figures[figure]?.value, format),
  };
}

/** `0.1-0.14 %`: both bounds and one unit. */
function intervalOf({ arms }: TrendNight, arm: string): string {
  const [low, high] = arms[arm]?.figures['stalled.rate']?.ci95 ?? [null, null];
  if (low === null || high === null) return 'not known';
  return `${formatShare(low).replace(' %', '')}-${formatShare(high)}`;
}

function mapDefined(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '' : format(value);
}
