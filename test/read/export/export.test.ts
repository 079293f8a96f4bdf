import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COUNTERS } from '../../../src/metrics/counts.ts';
import { type Format, formatRows } from '../../../src/read/export/format.ts';
import { columnsOf, type Row, readRows, TABLES, type Table } from '../../../src/read/export/rows.ts';
import { FILES } from '../../../src/store/files.ts';
import { collect, makeFolder, recordRun } from '../../store/runs.ts';

async function* rowsOf(...rows: Row[]): AsyncGenerator<Row> {
  yield* rows;
}

const text = async (rows: AsyncIterable<Row>, format: Format, columns?: readonly string[]) =>
  (await collect(formatRows(rows, format, columns))).join('');

describe('CSV', () => {
  it('is as RFC 4180 has it: CR LF, quotes where needed, quotes doubled', async () => {
    const row = { plain: 'a b', comma: 'a,b', quote: 'timer "60"', lines: 'a\nb', none: null, number: 0.5 };
    expect(await text(rowsOf(row), 'csv')).toBe(
      'plain,comma,quote,lines,none,number\r\na b,"a,b","timer ""60""",a\\nb,,0.5\r\n',
    );
  });

  it('has a line for each row under the columns of the first, or those given', async () => {
    expect(await text(rowsOf({ a: 1, b: 2 }, { b: 3 }), 'csv')).toBe('a,b\r\n1,2\r\n,3\r\n');
    expect(await text(rowsOf(), 'csv', ['a', 'b'])).toBe('a,b\r\n');
  });
});

it('JSON lines have an object each', async () => {
  expect(await text(rowsOf({ a: 'x', b: null }, { a: 'y', b: 2 }), 'jsonl')).toBe(
    '{"a":"x","b":null}\n{"a":"y","b":2}\n',
  );
});

describe('tables of a run', () => {
  const record = () => recordRun(makeFolder(), 3, { label: 'a, b' });
  const sum = (rows: readonly Row[], column: string) =>
    rows.reduce((total, row) => total + Number(row[column]), 0);

  it('frames: a row for each second and series, adding up to the summary', async () => {
    const { dir, summary } = await record();
    const rows = await collect(readRows(dir, 'frames'));
    const stress = rows.filter(({ series }) => series === 'stress');
    const arm = summary.arms['stress']!;
    expect(stress.map(({ second, at }) => [second, at]).slice(0, 2)).toEqual([
      [0, '2025-01-31T06:00:00.250Z'],
      [1, '2025-01-31T06:00:01.250Z'],
    ]);
    expect(sum(stress, 'started')).toBe(arm.started);
    expect(sum(stress, 'stalled')).toBe(arm.stalled.count);
    expect(sum(stress, 'outcomes.ok')).toBe(arm.outcomes.ok);
    expect(sum(rows, 'scheduled')).toBe(arm.scheduled + (arm.ramp?.scheduled ?? 0));
  });

  it('frames: have a column for every counter', async () => {
    const [row] = await collect(readRows((await record()).dir, 'frames'));
    expect(Object.keys(row!)).toEqual(expect.arrayContaining([...COUNTERS]));
    expect(columnsOf('frames')).toEqual(Object.keys(row!));
  });

  it('frames: tell requests sent again from those of which nothing is known', async () => {
    const { dir, summary } = await record();
    const rows = await collect(readRows(dir, 'frames'));
    const stress = rows.filter(({ series }) => series === 'stress');
    expect(sum(stress, 'requestsResentMeasured')).toBe(summary.arms['stress']!.requestsResent?.measured);
    expect(stress.every(({ requestsResent }) => requestsResent === 0)).toBe(true);
    const frames = await readFile(join(dir, FILES.frames), 'utf8');
    await writeFile(join(dir, FILES.frames), frames.replace(/"requestRetransmits":\{[^}]*\},/g, ''));
    for (const row of await collect(readRows(dir, 'frames')))
      expect([row['requestsResent'], row['requestsResentMeasured']]).toEqual([null, 0]);
  });

  it('arms: a figure that one arm alone has is a column of all', async () => {
    const { dir, summary } = await record();
    const legs = { tlsUs: summary.arms['stress']!.totalUs };
    const arms = { plain: summary.arms['stress'], tunnel: { ...summary.arms['stress'], phases: legs } };
    await writeFile(join(dir, FILES.summary), JSON.stringify({ ...summary, arms }));
    const [plain, tunnel] = await collect(readRows(dir, 'arms'));
    expect(Object.keys(plain!)).toEqual(Object.keys(tunnel!));
    expect([plain?.['phases.tlsUs.p50'], tunnel?.['phases.tlsUs.p50']]).toEqual([null, legs.tlsUs.p50]);
  });

  it('arms: the figures of the summary, under their paths', async () => {
    const { dir, summary, id } = await record();
    const arm = summary.arms['stress']!;
    const [row, ...others] = await collect(readRows(dir, 'arms'));
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      run: id,
      label: 'a, b',
      arm: 'stress',
      started: arm.started,
      'stalled.rate': arm.stalled.rate,
      'stalled.ci95.low': arm.stalled.ci95[0],
      'stalled.ci95.high': arm.stalled.ci95[1],
      'handshakeUs.p99': arm.handshakeUs.p99,
      'service.totalUs.max': arm.service.totalUs.max,
      'outcomes.held-cut': 0,
      'cuts.silence': 0,
    });
    expect(Object.values(row ?? {}).every((cell) => typeof cell !== 'object')).toBe(true);
  });

  it('statuses: a row for each that came up in a second, adding up to the summary', async () => {
    const { dir, summary } = await record();
    const rows = await collect(readRows(dir, 'statuses'));
    expect(rows[0]).toEqual({
      ...{ second: 0, at: '2025-01-31T06:00:00.250Z', series: 'stress' },
      ...{ to: 'request', status: '200', count: summary.arms['stress']!.statuses['200']! / 3 },
    });
    expect(
      sum(
        rows.filter(({ series }) => series === 'stress'),
        'count',
      ),
    ).toBe(21);
    expect(summary.arms['stress']!.statuses).toEqual({ '200': 21 });
  });

  it('statuses, of arms: a column for each that any of them had, 0 where it had none', async () => {
    const { dir, summary } = await record();
    const arm = summary.arms['stress']!;
    const { statuses: _, tunnelStatuses: __, ...older } = arm;
    const arms = { plain: arm, odd: { ...arm, statuses: { '503': 4 }, tunnelStatuses: { '403': 2 } }, older };
    await writeFile(join(dir, FILES.summary), JSON.stringify({ ...summary, arms }));
    const rows = await collect(readRows(dir, 'arms'));
    const columns = ['statuses.200', 'statuses.503', 'tunnelStatuses.403'];
    expect(rows.map((row) => columns.map((column) => row[column]))).toEqual([
      [21, 0, 0],
      [0, 4, 2],
      [null, null, null],
    ]);
  });

  it('stalls: a row for each', async () => {
    const { dir, summary } = await record();
    const rows = await collect(readRows(dir, 'stalls'));
    expect(rows).toHaveLength(summary.arms['stress']!.stalled.count);
    expect(rows[0]).toMatchObject({ series: 'stress', fate: expect.stringMatching(/recovered|frozen/) });
    const startedAt = Date.parse('2025-01-31T06:00:00.250Z');
    for (const { at, atUs } of rows)
      expect(Date.parse(String(at))).toBe(Math.floor(startedAt + Number(atUs) / 1_000));
  });

  it('latency: every value recorded, from which the quantiles of the summary come', async () => {
    const { dir, summary } = await record();
    const rows = (await collect(readRows(dir, 'latency'))).filter(
      ({ series, time }) => series === 'stress' && time === 'handshake',
    );
    const { count, p50, max } = summary.arms['stress']!.handshakeUs;
    expect(sum(rows, 'count')).toBe(count);
    expect(rows.at(-1)?.['share']).toBe(1);
    // Values are the lower ends of bins 0.1 % wide.
    const median = Number(rows.find(({ share }) => Number(share) >= 0.5)?.['us']);
    expect(median / p50).toBeCloseTo(1, 2);
    expect(Number(rows.at(-1)?.['us']) / max).toBeCloseTo(1, 2);
  });

  it('leave out what was torn', async () => {
    const { dir } = await record();
    const whole = await Promise.all(TABLES.map((table) => collect(readRows(dir, table))));
    for (const file of [FILES.frames, FILES.stalls, FILES.latency])
      await appendFile(join(dir, file), 'Tag=st');
    expect(await Promise.all(TABLES.map((table) => collect(readRows(dir, table))))).toEqual(whole);
  });

  it('have the columns that are named beforehand, each of them in docs/results.md', async () => {
    const { dir } = await record();
    const doc = await readFile(new URL('../../../docs/results.md', import.meta.url), 'utf8');
    const section = doc.split(/^## /m).find((part) => part.startsWith('Export\n')) ?? '';
    for (const table of TABLES satisfies readonly Table[]) {
      const [row] = await collect(readRows(dir, table));
      const columns = columnsOf(table);
      if (columns === undefined) continue;
      expect(Object.keys(row ?? {})).toEqual(columns);
      const undocumented = columns.filter(
        (column) => !column.startsWith('outcomes.') && !section.includes(`\`${column}\``),
      );
      expect(undocumented).toEqual([]);
    }
  });
});
