import { expect, it } from 'vitest';
import { renderPoint } from '../../../src/render/line-protocol.ts';
import { readPoint } from './line-protocol.mjs';

it('the far side of the faults script takes every point that sinks write, escapes and all', () => {
  const line = renderPoint({
    measurement: 'rushhour_names',
    tags: { kind: 'refused_by', name: 'cannot tell', label: 'a=b, "c"', phase: 'aside' },
    fields: { count: 51, lateness_p50_us: 0 },
    atMs: 1_795_858_878_824,
  });
  expect(readPoint(line)).toEqual({
    key: String.raw`rushhour_names,kind=refused_by,label=a\=b\,\ "c",name=cannot\ tell,phase=aside`,
    fields: { count: 51, lateness_p50_us: 0 },
    text: 'count=51i,lateness_p50_us=0i',
    at: 1_795_858_878_824,
  });
});

it.each([
  ['without fields', 'rushhour_run,run=a 1795858878824'],
  ['with a field that is no whole number', 'rushhour_run,run=a open=x 1795858878824'],
  ['with a space that is not escaped', 'rushhour_names,name=cannot tell count=1i 1795858878824'],
])('and no line %s', (_, line) => {
  expect(() => readPoint(line)).toThrow(/^no (point|field):/);
});
