import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameWatch } from '../../../src/session/host/name-watch.ts';

/** The number of the answer at which each move was told; answers are letters, an address each. */
const movesOf = (inUse: string, answers: readonly string[]): { at: number; from: string; to: string }[] => {
  const watch = new NameWatch('proxy.example', [...inUse]);
  return answers.flatMap((answer, at) => {
    const moved = watch.check([...answer]);
    return moved === undefined ? [] : [{ at, from: moved.from.join(''), to: moved.to.join('') }];
  });
};

const repeat = (answer: string, times: number): string[] => new Array<string>(times).fill(answer);

describe('where a name leads', () => {
  it.each([
    { title: 'stays', inUse: 'A', answers: repeat('A', 5), moves: [] },
    {
      title: 'stays with its addresses in another order',
      inUse: 'AB',
      answers: ['BA', 'AB', 'BA'],
      moves: [],
    },
    { title: 'stays when one of two is taken out', inUse: 'AB', answers: repeat('B', 9), moves: [] },
    { title: 'stays when one is added', inUse: 'A', answers: repeat('AB', 9), moves: [] },
    { title: 'stays when nothing is answered', inUse: 'A', answers: repeat('', 9), moves: [] },
    {
      title: 'is elsewhere when two answers agree on a new place',
      ...{ inUse: 'A', answers: ['A', 'B', 'B', 'B', 'B'] },
      moves: [{ at: 2, from: 'A', to: 'B' }],
    },
    { title: 'stays after one strange answer', inUse: 'A', answers: ['A', 'B', 'A', 'B', 'A'], moves: [] },
    {
      title: 'is elsewhere when those in use are missing from three answers, among others known of',
      ...{ inUse: 'A', answers: ['AB', 'B', 'B', 'B', 'B'] },
      moves: [{ at: 3, from: 'A', to: 'B' }],
    },
    { title: 'stays where three are answered in turn', inUse: 'A', answers: [...'BCABCABCABCA'], moves: [] },
    {
      title: 'stays where ten are answered four at a time',
      ...{ inUse: 'ABCD', answers: ['EFGH', 'IJAB', 'CDEF', 'GHIJ', 'ABCD', 'EFGH', 'IJAB'], moves: [] },
    },
    {
      title: 'waits longer once those in use came back after a while',
      ...{ inUse: 'A', answers: ['B', 'C', 'A', ...repeat('B', 5), 'A', ...repeat('C', 14), 'A'] },
      moves: [],
    },
    {
      title: 'is told of a name that went to and fro, each time later',
      ...{ inUse: 'A', answers: [...repeat('B', 20), ...repeat('A', 20), ...repeat('B', 20)] },
      moves: [
        { at: 1, from: 'A', to: 'B' },
        { at: 22, from: 'B', to: 'A' },
        { at: 48, from: 'A', to: 'B' },
      ],
    },
  ])('$title', ({ inUse, answers, moves }) => {
    expect(movesOf(inUse, answers)).toEqual(moves);
  });

  it('hardly ever moves where one of three is answered by chance, a night long', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 960, maxLength: 960 }), (answers) => {
        expect(movesOf('A', answers).length).toBeLessThanOrEqual(6);
      }),
      { seed: 6, numRuns: 50 },
    );
  });

  it('goes by the addresses of the leg that follows', () => {
    const watch = new NameWatch('proxy.example', ['A']);
    watch.check(['B']);
    watch.use(['B']);
    expect([watch.check(['B']), watch.check(['B']), watch.check(['B'])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
