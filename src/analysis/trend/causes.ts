import type { Diagnosis } from '../types.ts';
import type { CauseChange } from './types.ts';

/** A night, and why it went as it did. */
export interface DiagnosedNight {
  readonly id: string;
  readonly date: string;
  readonly diagnosis: Pick<Diagnosis, 'verdict' | 'causes'>;
}

/** What nights in a row agree in: the most that any of them knows. */
interface State {
  readonly first: DiagnosedNight;
  readonly nights: number;
  readonly verdict: Diagnosis['verdict'];
  /** Named; or, where none is, those that remain. */
  readonly causes: ReadonlyMap<string, string>;
}

/** Rivals that a sentence can hold. */
const MOST_NAMES = 3;

/**
 * Where the cause changes from one night to the next. A night without a verdict says nothing; one that cannot tell changes nothing as
 * long as what was named before, or one of its rivals, is among those that remain.
 * @param nights oldest first, only those that count
 * @param unit what they are called
 */
export function findCauseChanges(
  nights: readonly DiagnosedNight[],
  unit: 'night' | 'run' = 'night',
): {
  readonly changes: readonly CauseChange[];
  /** What all nights since the last change agree in; null: none says anything. */
  readonly now: string | null;
} {
  const states: State[] = [];
  for (const night of nights) {
    if (night.diagnosis.verdict === 'none') continue;
    const state = stateOf(night);
    const last = states.at(-1);
    const joined = last === undefined ? undefined : join(last, state);
    if (joined === undefined) states.push(state);
    else states[states.length - 1] = joined;
  }
  const changes = states.slice(1).map((state, index): CauseChange => {
    const before = states[index]!;
    const [from, to] = [describe(before), describe(state)];
    const { id, date } = state.first;
    const sentence = `since ${date}: ${to} (${count(state, unit)}); before: ${from} (${count(before, unit)})`;
    return { id, date, from, to, sentence };
  });
  const last = states.at(-1);
  return { changes, now: last === undefined ? null : describe(last) };
}

function stateOf(night: DiagnosedNight): State {
  const { verdict, causes } = night.diagnosis;
  const wanted = verdict === 'named' ? 'named' : 'possible';
  const left = causes.filter(({ status }) => status === 'named' || status === wanted);
  return { first: night, nights: 1, verdict, causes: new Map(left.map(({ id, name }) => [id, name])) };
}

/** Both as one, if they may be the same. */
function join(before: State, now: State): State | undefined {
  const both = [...now.causes].filter(([id]) => before.causes.has(id));
  const nights = before.nights + now.nights;
  const isSame = before.causes.size === now.causes.size && both.length === now.causes.size;
  if (before.verdict === now.verdict && (isSame || before.verdict === 'healthy'))
    return { ...before, nights };
  if (before.verdict === 'healthy' || now.verdict === 'healthy' || both.length === 0) return undefined;
  if (before.verdict === 'named') {
    const isOpen = now.verdict === 'cannot-tell' && both.length === before.causes.size;
    return isOpen ? { ...before, nights } : undefined;
  }
  if (now.verdict === 'named')
    return both.length === now.causes.size ? { ...now, first: before.first, nights } : undefined;
  return { ...before, nights, causes: new Map(both) };
}

function describe({ verdict, causes }: State): string {
  if (verdict === 'healthy') return 'healthy';
  const names = [...causes.values()];
  if (verdict === 'named') return names.join('; ');
  const more = names.length - MOST_NAMES;
  const list = `${names.slice(0, MOST_NAMES).join('; ')}${more > 0 ? `; or one of ${more} more` : ''}`;
  return names.length === 0
    ? 'ill, by no cause that is known'
    : `ill, and it cannot be told by what (${list})`;
}

function count({ nights }: State, unit: string): string {
  return nights === 1 ? `1 ${unit}` : `${nights} ${unit}s`;
}
