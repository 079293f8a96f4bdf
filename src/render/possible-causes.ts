import type { DiagnosedCause } from '../analysis/causes/diagnosis.ts';

/** Causes that are possible: those that something speaks for, and the names of those that are only not excluded. */
export function splitPossible(causes: readonly DiagnosedCause[]): {
  readonly spokenFor: readonly DiagnosedCause[];
  /** "Also not excluded: a long path; loss"; empty if there are none. */
  readonly others: string;
} {
  const possible = causes.filter(({ status }) => status === 'possible');
  const spokenFor = possible.filter((cause) => cause.for.length > 0);
  const names = possible.filter((cause) => cause.for.length === 0).map(({ name }) => name);
  const title = spokenFor.length === 0 ? 'Not excluded' : 'Also not excluded';
  return { spokenFor, others: names.length === 0 ? '' : `${title}: ${names.join('; ')}` };
}
