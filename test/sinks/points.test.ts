import { expect, it } from 'vitest';
import type { Frame } from '../../src/metrics/types.ts';
import { NameLabels } from '../../src/sinks/name-labels.ts';
import { linesOf } from '../../src/sinks/points.ts';
import { RunRegistry } from '../../src/sinks/run-registry.ts';
import { frameOf } from '../analysis/parts.ts';
import { RUN } from './seconds.ts';

it('a second has a field for each status that came up in it, and none for those that did not', () => {
  const series = { stress: { statuses: { '200': 5, other: 1 }, tunnelStatuses: { '403': 2 } }, idle: {} };
  const recorded = { atMs: 1_000, frame: frameOf(0, series), quantiles: new Map() };
  const fields = linesOf(RUN, recorded).map((line) => line.match(/\w*status_\w+=\d+i/g) ?? []);
  expect(fields).toEqual([[], ['status_200=5i', 'status_other=1i', 'tunnel_status_403=2i'], []]);
});

it('a second has a point for each name that was said, the first of a kind under their own', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`via proxy${index}`, 2]));
  const series = { stress: { schemesOffered: { 'Digest, NTLM': 5 }, errorNames: many } };
  const labels = new NameLabels();
  const points = (frame: Frame) =>
    linesOf(RUN, { atMs: 1_000, frame, quantiles: new Map() }, labels)
      .filter((line) => line.startsWith('rushhour_names,'))
      .map((line) =>
        line.replace(/^.*,kind=(\w+),.*,name=(.*?),phase=measured,.* count=(\d+)i .*$/, '$1 $2 $3'),
      );
  const told = points(frameOf(0, series));
  expect(told[0]).toBe('schemes_offered Digest\\,\\ NTLM 5');
  expect(told.slice(1)).toHaveLength(25);
  expect(told.at(-1)).toBe('proxy_error other 12');
  // In any later second too.
  expect(
    points(frameOf(1, { stress: { errorNames: { 'via proxy29': 1, 'via proxy0': 1 } } })).sort(),
  ).toEqual(['proxy_error other 1', 'proxy_error via\\ proxy0 1']);
});

it('a second tells of requests sent again only where that was measured', () => {
  const series = { some: { requestRetransmits: { '0': 7, '2': 3 } }, none: {} };
  const lines = linesOf(RUN, { atMs: 1_000, frame: frameOf(0, series), quantiles: new Map() });
  expect(lines[1]).toContain('requests_resent=3i,requests_resent_measured=10i');
  expect(lines[2]).not.toContain('resent');
});

it('a second has a field for each way in which held connections were cut', () => {
  const frame = frameOf(0, { stress: { cuts: { silence: 2, RST: 1 } }, idle: {} });
  const lines = linesOf(RUN, { atMs: 1_000, frame, quantiles: new Map() });
  expect(lines.map((line) => line.match(/cut_\w+=\d+i/g) ?? [])).toEqual([
    [],
    ['cut_silence=2i', 'cut_RST=1i'],
    [],
  ]);
});

it('a second of an earlier version, which did not count them, has none', () => {
  const {
    statuses: _,
    tunnelStatuses: __,
    cuts: ___,
    ...older
  } = frameOf(0, { stress: {} }).series['stress']!;
  const frame = { ...frameOf(0, {}), series: { stress: older as never } };
  expect(linesOf(RUN, { atMs: 1_000, frame, quantiles: new Map() })[1]).not.toMatch(/status|cut_/);
});

it('a second says where its probe is, on each of its points, and nothing where nobody says', async () => {
  const series = { stress: { errorNames: { 'via proxy': 1 } } };
  const recorded = { atMs: 1_000, frame: frameOf(0, series), quantiles: new Map() };
  const told = linesOf({ ...RUN, site: 'leeds, north' }, recorded);
  expect(told).toHaveLength(3);
  for (const line of told) expect(line).toContain(',site=leeds\\,\\ north');
  for (const line of linesOf(RUN, recorded)) expect(line).not.toContain('site');
  const registry = new RunRegistry();
  registry.begin({ ...RUN, site: 'leeds' });
  registry.add(recorded);
  const samples = (await registry.read()).split('\n').filter((line) => /^rushhour_/.test(line));
  expect(samples.length).toBeGreaterThan(10);
  expect(samples.filter((line) => !line.includes('site="leeds"'))).toEqual([]);
});
