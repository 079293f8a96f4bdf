import { describe, expect, it } from 'vitest';
import { renderPoint } from '../../src/render/line-protocol.ts';

const POINT = { measurement: 'm', tags: {}, fields: { started: 1 }, atMs: 1_738_303_200_250 };

describe('a line of InfluxDB’s protocol', () => {
  it('has measurement, tags by name, whole numbers and milliseconds', () => {
    const tags = { run: 'r1', arm: 'stress', host: 'pi' };
    expect(renderPoint({ ...POINT, tags, fields: { started: 12, open: 0 } })).toBe(
      'm,arm=stress,host=pi,run=r1 started=12i,open=0i 1738303200250',
    );
  });

  it.each([
    ['a b', 'a\\ b'],
    ['a,b', 'a\\,b'],
    ['a=b', 'a\\=b'],
    ['timer 1 s, k=v', 'timer\\ 1\\ s\\,\\ k\\=v'],
    ['"quoted"', '"quoted"'],
    ['Zürich 東', 'Zürich\\ 東'],
  ])('escapes the value %j', (value, escaped) => {
    expect(renderPoint({ ...POINT, tags: { label: value } })).toBe(
      `m,label=${escaped} started=1i 1738303200250`,
    );
  });

  it('replaces what cannot be escaped: line breaks would end it, a backslash would escape what follows', () => {
    const tags = { a: 'two\r\nlines', b: 'ends in \\', c: 'x\\,y' };
    expect(renderPoint({ ...POINT, tags })).toBe(
      'm,a=two\\ lines,b=ends\\ in\\ /,c=x/\\,y started=1i 1738303200250',
    );
  });

  it('escapes commas and spaces of the measurement, and keys as it does values', () => {
    expect(renderPoint({ ...POINT, measurement: 'a b,c=d', tags: { 'k=': 'v' }, fields: { 'f,': 2 } })).toBe(
      'a\\ b\\,c=d,k\\==v f\\,=2i 1738303200250',
    );
  });

  it('leaves out tags without a value and fields without a number, and is empty where none is left', () => {
    expect(renderPoint({ ...POINT, tags: { label: '' }, fields: { a: Number.NaN, b: -3, c: 1.6 } })).toBe(
      'm b=-3i,c=2i 1738303200250',
    );
    expect(renderPoint({ ...POINT, fields: { a: Number.POSITIVE_INFINITY } })).toBe('');
  });
});
