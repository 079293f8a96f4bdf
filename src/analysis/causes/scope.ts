import type { Contrast, Symptom } from '../observations/types.ts';
import type { Judgement, Predicted, Scope } from './types.ts';

/**
 * What the other arms say of a cause, by whom it hits. An arm that differs in nothing that the cause could tell should fare alike: if
 * it was clean at the same time, this cause is not the one. An arm that it should spare, and did not, speaks against it as well.
 */
export function judgeContrasts(scope: Scope, { contrasts }: Symptom): Judgement[] {
  return contrasts.flatMap((contrast): Judgement[] => {
    const predicted = predict(scope, contrast);
    const text = `${contrast.text}; ${describeDifferences(contrast)}`;
    if (contrast.fared === 'unclear' || predicted === 'either') return [];
    if (contrast.fared === 'clean')
      return predicted === 'alike' ? [{ says: 'contradicts', text }] : [{ says: 'supports', text }];
    if (predicted === 'clean') return [{ says: 'contradicts', text }];
    return predicted === 'alike' ? [{ says: 'supports', text }] : [];
  });
}

/** Of an arm that differs in several things: what one of them predicts for sure. */
function predict(scope: Scope, { differs }: Contrast): Predicted {
  const predictions = differs.map((difference) => scope[difference] ?? 'alike');
  return (['clean', 'perhaps', 'either'] as const).find((one) => predictions.includes(one)) ?? 'alike';
}

const WORDS = {
  port: 'to another port',
  host: 'to another address',
  source: 'from another address',
  client: 'SYNs of another client',
  mss: 'another MSS',
  dscp: 'another DSCP',
  size: 'requests of another length',
  close: 'ended by RST where the others end by FIN, or the reverse',
  ports: 'from source ports that are used again after other times',
} as const;

export function describeDifferences({ differs }: Pick<Contrast, 'differs'>): string {
  if (differs.length === 0) return 'same endpoint, same source, same kind of SYN';
  return `different: ${differs.map((difference) => WORDS[difference]).join(', ')}`;
}

/** Hits whom it happens to: loads of even rates may come in step, and one of them always late. */
export const ANYONE: Scope = {
  ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
  ...{ mss: 'either', dscp: 'either', close: 'either', ports: 'either', size: 'either' },
};

/** Hits whatever passes, whoever sends it and to wherever. */
export const EVERYTHING: Scope = {
  ...{ port: 'alike', host: 'alike', source: 'alike', client: 'alike' },
  ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
};
