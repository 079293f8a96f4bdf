import { UsageError } from '../../errors.ts';
import { checkComparable, nameOf, type RunFacts } from '../compare/comparable.ts';

export interface Choice<Run> {
  /** Oldest first. */
  readonly runs: readonly Run[];
  readonly notes: readonly string[];
}

/**
 * Chooses the latest runs that did the same work: those of the most frequent scenario, at the most frequent rates.
 * @param named whether the user named each run: another scenario among them is then a mistake
 * @throws UsageError
 */
export function chooseSoakRuns<Run extends { readonly facts: RunFacts }>(
  runs: readonly Run[],
  { last, named }: { readonly last: number; readonly named: boolean },
): Choice<Run> {
  const ordered = [...runs].sort((a, b) => a.facts.run.startedAt.localeCompare(b.facts.run.startedAt));
  const byScenario = groupBy(ordered, (one, other) => one.facts.scenario.name === other.facts.scenario.name);
  const ofScenario = largestOf(byScenario);
  if (ofScenario === undefined) return { runs: [], notes: [] };
  const names = byScenario.map(([first]) => first?.facts.scenario.name ?? '');
  if (named && names.length > 1) {
    throw new UsageError(`these runs are of ${names.length} scenarios: ${names.join(', ')}`, {
      hint: 'nights must be runs of the same scenario: choose it with --scenario NAME',
    });
  }
  const alike = largestOf(groupBy(ofScenario, didTheSame)) ?? [];
  return {
    runs: alike.slice(-last),
    notes: [
      ...noteOther(ordered.length - ofScenario.length, byScenario, ofScenario),
      ...noteUnlike(ofScenario, alike),
    ],
  };
}

/** Makes runs equal in what is not part of the work: whether they were interrupted, and which engine they used. */
export function checkWork(one: RunFacts, other: RunFacts): ReturnType<typeof checkComparable> {
  return checkComparable([plain(one, 'before')], [plain(other, 'after')]);
}

function plain(facts: RunFacts, id: string): RunFacts {
  const run = { ...facts.run, id, status: 'complete', engine: 'raw', startedAt: '', endedAt: '' } as const;
  return { ...facts, run, generatorLimited: false };
}

function didTheSame(one: { readonly facts: RunFacts }, other: { readonly facts: RunFacts }): boolean {
  return checkWork(one.facts, other.facts).refusals.length === 0;
}

/** In order of each group's first. */
function groupBy<T>(items: readonly T[], alike: (one: T, other: T) => boolean): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.find(([first]) => first !== undefined && alike(first, item));
    if (group === undefined) groups.push([item]);
    else group.push(item);
  }
  return groups;
}

/** Of equally large ones the one that began last. */
function largestOf<T>(groups: readonly T[][]): T[] | undefined {
  return groups.reduce<T[] | undefined>(
    (best, group) => (best === undefined || group.length >= best.length ? group : best),
    undefined,
  );
}

function noteOther(
  count: number,
  groups: readonly (readonly { readonly facts: RunFacts }[])[],
  chosen: readonly { readonly facts: RunFacts }[],
): string[] {
  if (count === 0) return [];
  const name = chosen[0]?.facts.scenario.name;
  const others = groups.flatMap(([first]) => (first === undefined ? [] : [first.facts.scenario.name]));
  return [
    `most runs are of ${name}; ${count} of ${others.filter((other) => other !== name).join(', ')} left out (--scenario chooses)`,
  ];
}

function noteUnlike<Run extends { readonly facts: RunFacts }>(
  all: readonly Run[],
  alike: readonly Run[],
): string[] {
  const kept = new Set(alike);
  const [reference] = alike;
  if (reference === undefined) return [];
  const reasons = new Map<string, string[]>();
  for (const run of all) {
    if (kept.has(run)) continue;
    const why = checkWork(reference.facts, run.facts).refusals.join('; ');
    reasons.set(why, [...(reasons.get(why) ?? []), nameOf(run.facts)]);
  }
  return [...reasons].map(
    ([why, ids]) => `left out ${formatIds(ids)}, because they did something else: ${why}`,
  );
}

const MOST_NAMED = 3;

function formatIds(ids: readonly string[]): string {
  const more = ids.length - MOST_NAMED;
  return more > 0 ? `${ids.slice(0, MOST_NAMED).join(', ')} and ${more} more` : ids.join(', ');
}
