import type { DiagnosedCause } from '../analysis/causes/diagnosis.ts';

/** What is excluded, and by what: those together that the same excludes, which often is most of them. */
export function listExcluded(causes: readonly DiagnosedCause[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, status, against } of causes) {
    if (status !== 'excluded') continue;
    const reason = against[0] ?? '';
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `${names.join('; ')}: ${reason}`);
}
