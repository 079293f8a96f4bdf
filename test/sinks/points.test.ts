import { expect, it } from 'vitest';
import { linesOf } from '../../src/sinks/points.ts';
import { frameOf } from '../analysis/parts.ts';
import { RUN } from './seconds.ts';

it('a second has a field for each status that came up in it, and none for those that did not', () => {
  const series = { stress: { statuses: { '200': 5, other: 1 }, tunnelStatuses: { '403': 2 } }, idle: {} };
  const recorded = { atMs: 1_000, frame: frameOf(0, series), quantiles: new Map() };
  const fields = linesOf(RUN, recorded).map((line) => line.match(/\w*status_\w+=\d+i/g) ?? []);
  expect(fields).toEqual([[], ['status_200=5i', 'status_other=1i', 'tunnel_status_403=2i'], []]);
});

it('a second of an earlier version, which did not count them, has none', () => {
  const { statuses: _, tunnelStatuses: __, ...older } = frameOf(0, { stress: {} }).series['stress']!;
  const frame = { ...frameOf(0, {}), series: { stress: older as never } };
  expect(linesOf(RUN, { atMs: 1_000, frame, quantiles: new Map() })[1]).not.toContain('status');
});
