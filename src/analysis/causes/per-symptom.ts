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

/** The same of what is asked of a run as a whole. */
export function perRun<T>(tell: (seen: Observations) => T): (seen: Observations) => T {
  const told = new WeakMap<Observations, { readonly value: T }>();
  return (seen) => {
    const known = told.get(seen) ?? { value: tell(seen) };
    told.set(seen, known);
    return known.value;
  };
}
