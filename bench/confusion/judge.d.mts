import type { Diagnosis } from '../../src/analysis/causes/diagnosis.ts';
import type { Class } from './types.d.mts';

export function judge(
  diagnosis: Pick<Diagnosis, 'verdict'> & {
    causes: readonly Pick<Diagnosis['causes'][number], 'id' | 'status'>[];
  },
  causes: readonly string[],
  isPair: boolean,
  resent?: number,
): { class: Class; named: string[]; rivals: string[] };
