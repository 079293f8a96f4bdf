import type { FailedCriterion, FleetPart } from './types.ts';

/** Of a run without criteria, which fails if hardly anything completed. */
export const LEAST_COMPLETED = 'half of the attempts of each arm complete';

type FailedAt = FailedCriterion['probes'][number];

/** Criteria that did not hold in the runs that failed, each once, with the probes at which it did not. */
export function listFailed(
  parts: readonly FleetPart[],
  siteOf: (part: FleetPart) => string,
): FailedCriterion[] {
  const failed = new Map<string, FailedAt[]>();
  for (const part of parts) {
    const verdict = part.run?.summary.verdict;
    // Of one that has no verdict, what was measured decides nothing.
    if (verdict?.pass !== false) continue;
    const at = { probe: part.probe, site: siteOf(part) };
    const own = verdict.criteria.filter(({ held }) => held === false);
    const listed =
      own.length > 0
        ? own.map(({ text, value }) => ({ text, failedAt: { ...at, value, why: null } }))
        : [
            {
              text: LEAST_COMPLETED,
              failedAt: { ...at, value: null, why: verdict.reasons[0] ?? 'hardly any attempt completed' },
            },
          ];
    for (const { text, failedAt } of listed) failed.set(text, [...(failed.get(text) ?? []), failedAt]);
  }
  return [...failed].map(([text, probes]) => ({ text, probes: worstFirst(text, probes) }));
}

/** The further beyond what was allowed, the worse. */
function worstFirst(text: string, probes: readonly FailedAt[]): FailedAt[] {
  const isTooHigh = text.includes('<');
  const beyond = ({ value }: FailedAt): number =>
    value === null ? Number.NEGATIVE_INFINITY : isTooHigh ? value : -value;
  return [...probes].sort((a, b) => {
    const [ofA, ofB] = [beyond(a), beyond(b)];
    return ofA === ofB ? 0 : ofB > ofA ? 1 : -1;
  });
}
