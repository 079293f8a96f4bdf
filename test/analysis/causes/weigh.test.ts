import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../../src/analysis/causes/scope.ts';
import type { Cause, Judgement, Scope } from '../../../src/analysis/causes/types.ts';
import { weighSymptom } from '../../../src/analysis/causes/weigh.ts';
import { sayCannotTell } from '../../../src/analysis/causes/words.ts';
import { observe } from '../../../src/analysis/observations/observe.ts';
import { listSymptoms } from '../../../src/analysis/observations/symptoms.ts';
import type { Contrast, Symptom } from '../../../src/analysis/observations/types.ts';
import { NEAR, spread } from './cases.ts';
import { away } from './paths.ts';
import { play } from './world.ts';

const SEEN = observe(play([spread], away([[20, 24]]), NEAR));
const [STALLED] = listSymptoms(SEEN);

function cause(id: string, says: readonly Judgement['says'][], changes: Partial<Cause> = {}): Cause {
  return {
    ...{ id, name: id, explains: ['stalled'], predicts: '', scope: EVERYTHING, decidedBy: [], next: [] },
    ...{ proof: '', source: '' },
    judge: () => says.map((one) => ({ says: one, text: `${id} ${one}` })),
    ...changes,
  };
}

function weigh(...causes: readonly Cause[]) {
  const { named, possible, weighed } = weighSymptom(STALLED!, SEEN, causes);
  const ids = (list: readonly { readonly cause: Cause }[]): string[] => list.map((one) => one.cause.id);
  return { named: named?.cause.id, possible: ids(possible), weighed: ids(weighed) };
}

describe('a cause', () => {
  it('is named if something decides for it, and each rival is contradicted', () => {
    expect(weigh(cause('a', ['decides']), cause('b', ['supports', 'contradicts']))).toMatchObject({
      named: 'a',
      possible: ['a'],
    });
  });

  it.each([
    ['that nothing was seen of', []],
    ['that something supports', ['supports']],
    ['that something decides for as well', ['decides']],
    ['that all are silent about', ['silent']],
  ] as const)('is not named beside a rival %s', (_, says) => {
    expect(weigh(cause('a', ['decides', 'supports']), cause('b', says))).toMatchObject({
      named: undefined,
      possible: ['a', 'b'],
    });
  });

  it('is not named for being the last: something must decide for it', () => {
    expect(weigh(cause('a', ['supports']), cause('b', ['contradicts']))).toMatchObject({
      named: undefined,
      possible: ['a'],
    });
  });

  it('is excluded by one contradiction, whatever else decides for it', () => {
    expect(weigh(cause('a', ['decides', 'decides', 'contradicts']))).toMatchObject({
      named: undefined,
      possible: [],
    });
  });

  it('has no rival in what explains another symptom', () => {
    expect(weigh(cause('a', ['decides']), cause('b', [], { explains: ['refused'] }))).toEqual({
      named: 'a',
      possible: ['a'],
      weighed: ['a'],
    });
  });

  it('is named beside a case of it, which is no rival', () => {
    const both = [cause('a', ['decides']), cause('b', ['supports'], { isCaseOf: 'a' })];
    expect(weigh(...both)).toMatchObject({ named: 'a', possible: ['a', 'b'] });
    expect(weigh(both[0]!, both[1]!, cause('c', []))).toMatchObject({ named: undefined });
  });

  it('comes first if more speaks for it, and before all if something decides', () => {
    const three = [cause('a', []), cause('b', ['supports', 'supports']), cause('c', ['decides'])];
    expect(weigh(...three).possible).toEqual(['c', 'b', 'a']);
  });
});

describe('what cannot be told', () => {
  const [SECOND] = listSymptoms(
    observe(play([{ arm: { ...spread.arm, name: 'second' } }], away([[30, 34]]), NEAR)),
  );
  const open = (symptom: Symptom, ...ids: readonly string[]) =>
    weighSymptom(
      symptom,
      SEEN,
      ids.map((id) => cause(id, [])),
    );

  it('is said once for all arms that one cause may account for, with the causes that fit each', () => {
    const said = sayCannotTell([open(STALLED!, 'a', 'b', 'c'), open(SECOND!, 'b', 'c', 'd')]);
    expect(said).toEqual([`Cannot tell: ${STALLED!.text}, and ${SECOND!.text}. It may be b; or c.`]);
  });

  it('is said of each arm by itself if no cause fits both', () => {
    const said = sayCannotTell([open(STALLED!, 'a', 'b'), open(SECOND!, 'c', 'd')]);
    expect(said).toEqual([
      `Cannot tell: ${STALLED!.text}. It may be a; or b.`,
      `Cannot tell: ${SECOND!.text}. It may be c; or d.`,
    ]);
  });
});

describe('an arm beside the ill one', () => {
  const beside = (fared: Contrast['fared'], differs: Contrast['differs']): Symptom => ({
    ...STALLED!,
    contrasts: [{ arm: 'other', differs, fared, starts: 100, ill: 0, expected: 10, text: 'other' }],
  });
  const isPossible = (scope: Partial<Scope>, symptom: Symptom): boolean =>
    weighSymptom(symptom, SEEN, [cause('a', [], { scope: { ...EVERYTHING, ...scope } })]).possible.length > 0;

  it.each([
    ['clean', ['port'], { port: 'alike' }, false],
    ['clean', ['port'], { port: 'perhaps' }, true],
    ['clean', ['port'], { port: 'either' }, true],
    ['clean', ['port', 'source'], { port: 'alike', source: 'either' }, true],
    ['clean', [], {}, false],
    ['alike', ['port'], { port: 'clean' }, false],
    ['alike', ['port'], { port: 'perhaps' }, true],
    ['alike', ['port'], { port: 'alike' }, true],
    ['unclear', ['port'], { port: 'alike' }, true],
  ] as const)('that was %s and differs in %j leaves a cause with %j: %s', (fared, differs, scope, left) => {
    expect(isPossible(scope, beside(fared, differs))).toBe(left);
  });
});
