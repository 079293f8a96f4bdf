import { expect, it } from 'vitest';
import { exitCodeOf } from '../../src/cli/commands/fleet/receive.ts';

type Facts = Parameters<typeof exitCodeOf>[0];

const complete: Facts['probes'][number] = { status: 'complete', trouble: [], pass: true };
const limited: Facts['sites'][number] = { status: 'generator-limited' };
const judged: Facts['sites'][number] = { status: 'not-ill' };

it.each<[string, Facts['probes'], Facts['sites'], number]>([
  ['0 where every probe completed', [complete, complete], [judged, judged], 0],
  ['3 where criteria of one failed', [complete, { ...complete, pass: false }], [judged, judged], 3],
  ['4 where nothing could be judged', [complete, { ...complete, pass: null }], [limited, limited], 4],
  ['4 where one site is left, with none beside it', [complete, complete], [judged, limited], 4],
  ['0 where others are left to judge', [complete, complete, complete], [judged, judged, limited], 0],
  [
    '5 where a probe refused',
    [complete, { ...complete, status: 'refused', trouble: ['no'] }],
    [limited, judged],
    5,
  ],
])('a fleet run ends with %s', (_, probes, sites, code) => {
  expect(exitCodeOf({ probes, sites })).toBe(code);
});
