import type { Observations, Symptom } from '../observations/types.ts';

/** What every cause asks of a symptom, worked out once for it: symptoms and what was seen are never changed. */
export function perSymptom<T>(
  tell: (symptom: Symptom, seen: Observations) => T,
): (symptom: Symptom, seen: Observations) => T {
  const told = new WeakMap<Symptom, { readonly seen: Observations; readonly value: T }>();
  return (symptom, seen) => {
    const known = told.get(symptom);
    if (known?.seen === seen) return known.value;
    const value = tell(symptom, seen);
    told.set(symptom, { seen, value });
    return value;
  };
}
