import { groupDigits } from '../group-digits.ts';
import { listSymptoms } from '../observations/symptoms.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';
import { CAUSES } from './index.ts';
import { judgeContrasts } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

/** A cause, and all that was observed of it. */
export interface Weighed {
  readonly cause: Cause;
  readonly judgements: readonly Judgement[];
  readonly isExcluded: boolean;
  /** Something was seen that it alone predicts. */
  readonly isDecided: boolean;
}

/** A symptom with every cause that could explain it. */
export interface WeighedSymptom {
  readonly symptom: Symptom;
  readonly weighed: readonly Weighed[];
  /** Not excluded, those first that most speaks for. */
  readonly possible: readonly Weighed[];
  /** The only one that is left, cases of it aside, if something decides for it as well. */
  readonly named: Weighed | undefined;
}

/**
 * Weighs every cause that could explain a symptom. One that anything contradicts is excluded, whatever speaks for it; confidence in a
 * cause is nothing but the exclusion of its rivals. The last one left is named only if something was seen that it alone predicts:
 * what is not in the list may look like it. Of what is scattered, none is named.
 */
export function weighSymptom(
  symptom: Symptom,
  seen: Observations,
  causes: readonly Cause[] = CAUSES,
): WeighedSymptom {
  const weighed = causes
    .filter(({ explains }) => explains.includes(symptom.kind))
    .map((cause) => weigh(cause, symptom, seen));
  const possible = weighed
    .filter(({ isExcluded }) => !isExcluded)
    .toSorted((a, b) => countFor(b) - countFor(a));
  const [only, ...others] = possible;
  const rivals = others.filter(({ cause }) => cause.isCaseOf !== only?.cause.id);
  return {
    symptom,
    weighed,
    possible,
    named: rivals.length === 0 && only?.isDecided === true && !symptom.isScattered ? only : undefined,
  };
}

/** Weighs all symptoms of a run, each by itself, and then those of one kind and endpoint together. */
export function weighSymptoms(seen: Observations): WeighedSymptom[] {
  const each = listSymptoms(seen).map((symptom) => weighSymptom(symptom, seen));
  return each.map((one) => ({ ...one, named: one.named ?? findJoint(one, each, seen) }));
}

/**
 * The only cause that fits each of several symptoms, where something was seen in one of them that it alone predicts: every rival of it is
 * excluded by another arm of the same run, to the same endpoint, that it would have met as well.
 */
function findJoint(
  one: WeighedSymptom,
  each: readonly WeighedSymptom[],
  seen: Observations,
): Weighed | undefined {
  const beside = new Set(besideOf(one.symptom, seen).map(({ name }) => name));
  const alike = each.filter(
    ({ symptom }) =>
      symptom.kind === one.symptom.kind && beside.has(symptom.arm.name) && !symptom.isScattered,
  );
  if (alike.length < 2 || !alike.includes(one)) return undefined;
  const [only, ...others] = one.possible.filter(({ cause }) =>
    alike.every(({ possible }) => possible.some((other) => other.cause.id === cause.id)),
  );
  const rivals = others.filter(({ cause }) => cause.isCaseOf !== only?.cause.id);
  if (rivals.length > 0) return undefined;
  // As it was seen where it was decided: that is what speaks for it.
  return alike
    .flatMap(({ possible }) => possible)
    .find(({ cause, isDecided }) => isDecided && cause.id === only?.cause.id);
}

function weigh(cause: Cause, symptom: Symptom, seen: Observations): Weighed {
  const judgements = [
    ...judgeContrasts(cause.scopeFor?.(symptom, seen) ?? cause.scope, symptom),
    ...cause.judge(symptom, seen),
  ].map(({ says, text }): Judgement => ({ says, text: groupDigits(text) }));
  return {
    ...{ cause, judgements },
    isExcluded: judgements.some(({ says }) => says === 'contradicts'),
    isDecided: judgements.some(({ says }) => says === 'decides'),
  };
}

function countFor({ judgements, isDecided }: Weighed): number {
  return (
    judgements.filter(({ says }) => says === 'supports' || says === 'decides').length + (isDecided ? 100 : 0)
  );
}
