import { describe, expect, it } from 'vitest';
import { interpret } from '../../src/scenario/interpret.ts';

const read = (keys: string, overrides: { readonly duration?: string | undefined } = {}) =>
  interpret(
    `schema: 1
target: tcp://192.0.2.1:443
arms:
  keep:
    load: [{ hold: { rate: 1/s, for: 1s } }]
    ${keys}
`,
    'held',
    'held.yaml',
    overrides,
  );

describe('ages at which to check held connections', () => {
  it.each([
    ['hold: 10m', undefined],
    ['{ hold: 10m, prove: 30s }', [30]],
    ['{ hold: 10m, prove: [2m, 1s, 30s, 2m] }', [1, 30, 120]],
  ])('%s: %j', (keys, sec) => {
    const text = keys.replace(/^\{ | \}$/g, '').replace(/, prove/, '\n    prove');
    const { scenario, problems } = read(text);
    expect(problems).toEqual([]);
    expect(scenario?.arms[0]?.proveUs).toEqual(sec?.map((age) => age * 1_000_000));
  });

  it('are all one moment for those that are held together: the load and its last handshake are over', () => {
    const arm = (duration?: string) => {
      const { scenario, problems } = read('hold: together\n    timeouts: { handshake: 4s }', { duration });
      expect(problems).toEqual([]);
      return scenario?.arms[0];
    };
    expect(arm()).toMatchObject({ holdsTogether: true, holdUs: 7_000_000 });
    // --duration makes the load longer.
    expect(arm('30s')).toMatchObject({ holdsTogether: true, holdUs: 36_000_000 });
  });

  it.each([
    ['hold: together\n    prove: 2s', 'are all checked at the end — remove it'],
    ['hold: togethr', '"togethr" is not a duration — write'],
    ['prove: 30s', 'but no connection is held — add hold'],
    [
      'hold: 10s\n    prove: [500ms, 2s]',
      'connections cannot be checked at an age of 500ms — use 1s or more',
    ],
    ['hold: 10s\n    prove: [2s, 10s]', 'no connection is held for 10s: hold is 10s — keep ages below hold'],
    ['hold: 10s\n    prove: []', 'prove'],
    ['hold: 10s\n    prove: [1s, -2s]', '"-2s" is not a duration — write seconds'],
    ['hold: 10s\n    prove: {}', 'a map does not belong in "prove"'],
  ])('are refused with a remedy: %s', (keys, told) => {
    const { scenario, problems } = read(keys);
    expect(scenario).toBeUndefined();
    expect(problems.join('\n')).toContain(told);
  });
});
