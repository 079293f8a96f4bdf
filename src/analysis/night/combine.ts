import type { DiagnosedCause, DiagnosedPeriod, Diagnosis, IllArm } from '../causes/diagnosis.ts';
import type { Stretch } from '../findings/finder.ts';
import { groupDigits } from '../group-digits.ts';
import type { IllWindows } from './periods.ts';

/** A period that was weighed by itself. */
export interface Weighed {
  readonly stretch: Stretch;
  readonly diagnosis: Diagnosis;
}

export interface NightFacts {
  readonly whole: Diagnosis;
  readonly ill: IllWindows;
  /** In order; of many periods those that were weighed. */
  readonly weighed: readonly Weighed[];
  readonly startedAtMs: number;
  /** What was started in the night, by arm; and how many were started, and stalled or refused, outside all periods. */
  readonly started: Readonly<Record<string, number>>;
  readonly outside: { readonly started: number; readonly ill: number };
}

/**
 * One diagnosis of a night from that of all its windows together and those of the periods in which something was ill. What is named
 * for the whole holds only if no period excludes it; periods that differ are told one by one.
 */
export function combineNight(facts: NightFacts): Diagnosis {
  const { whole, ill, weighed } = facts;
  const covered = ill.periods.reduce((sum, { fromSec, toSec }) => sum + toSec - fromSec, 0);
  const windows = { count: ill.windows, ill: covered / ill.lengthSec, lengthSec: ill.lengthSec };
  if (whole.verdict === 'none' || weighed.length === 0) {
    const isThroughout = (whole.ill ?? []).some(({ kind }) => kind === 'stalled' || kind === 'refused');
    return { ...whole, windows: { ...windows, ill: isThroughout ? ill.windows : 0 } };
  }
  const periods = weighed.map((one) => describePeriod(one, facts));
  const one = findOne(facts);
  const base = one ?? mergePeriods(facts);
  const text = groupDigits(
    [base.text, ...(one === undefined ? [] : [sayWhen(facts)]), sayRest(facts)].join(' '),
  );
  return { ...base, text, windows, periods };
}

/** The same cause in all periods, in the words of the night as a whole where it says as much. */
function findOne({ whole, weighed, ill }: NightFacts): Diagnosis | undefined {
  const [first] = weighed;
  const named = namedOf(whole);
  const isLeft = (id: string): boolean =>
    weighed.every(({ diagnosis }) => {
      const status = diagnosis.causes.find((cause) => cause.id === id)?.status;
      return status === 'named' || status === 'possible';
    });
  if (named.length > 0 && named.every(isLeft)) return whole;
  if (weighed.length === 1 && whole.verdict === 'cannot-tell' && first!.diagnosis.verdict !== 'named')
    return whole;
  const inFirst = namedOf(first!.diagnosis);
  const isSame =
    inFirst.length > 0 &&
    weighed.length === ill.periods.length &&
    weighed.every(({ diagnosis }) => namedOf(diagnosis).join() === inFirst.join());
  // What the night as a whole contradicts, is not named because a part of it does not.
  const isContradicted = inFirst.some((id) =>
    whole.causes.some((cause) => cause.id === id && cause.status === 'excluded'),
  );
  if (!isSame || isContradicted) return undefined;
  const { diagnosis } = weighed.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]!;
  return diagnosis;
}

function lengthOf({ stretch }: Weighed): number {
  return stretch.toSec - stretch.fromSec;
}

function namedOf({ causes }: Diagnosis): string[] {
  return causes.filter(({ status }) => status === 'named').map(({ id }) => id);
}

/** Each period for itself; a cause has the highest status that any gives it. */
function mergePeriods(facts: NightFacts): Diagnosis {
  const { whole, weighed, ill } = facts;
  const isContradicted = (id: string): boolean =>
    weighed.length === 1 && whole.causes.some((cause) => cause.id === id && cause.status === 'excluded');
  const order = { named: 0, possible: 1, excluded: 2 } as const;
  const byId = new Map<string, DiagnosedCause>();
  for (const { stretch, diagnosis } of weighed) {
    const when = `${clocks(stretch, facts)}: `;
    for (const cause of diagnosis.causes) {
      const known = byId.get(cause.id);
      const own = cause.status === 'named' && isContradicted(cause.id) ? 'possible' : cause.status;
      const status = known !== undefined && order[known.status] < order[own] ? known.status : own;
      const add = (texts: readonly string[]): string[] => texts.map((text) => when + text);
      byId.set(cause.id, {
        ...(known ?? cause),
        status,
        for: [...(known?.for ?? []), ...add(cause.for)],
        against: [...(known?.against ?? []), ...add(cause.against)],
        next: (known?.next.length ?? 0) > 0 ? known!.next : cause.next,
        arms: [...new Set([...(known?.arms ?? []), ...(cause.arms ?? [])])],
      });
    }
  }
  const causes = [...byId.values()].toSorted((a, b) => order[a.status] - order[b.status]);
  const isNamed =
    weighed.length === ill.periods.length &&
    weighed.every(({ diagnosis }) => diagnosis.verdict === 'named') &&
    !causes.some(({ status }) => status === 'possible');
  const contradiction = causes
    .filter(({ id, status }) => status === 'possible' && isContradicted(id))
    .flatMap(({ id }) => whole.causes.find((cause) => cause.id === id)?.against[0] ?? []);
  const doubt = contradiction.length === 0 ? '' : ` But over the whole night: ${contradiction[0]}.`;
  const decide = new Map(
    weighed.flatMap(({ diagnosis }) => diagnosis.decide.map((one) => [one.command ?? one.text, one])),
  );
  return {
    verdict: isNamed ? 'named' : 'cannot-tell',
    text: `${weighed.map(({ stretch, diagnosis }) => `${sayShare(stretch, facts)}: ${diagnosis.text}`).join(' ')}${doubt}`,
    symptoms: weighed.flatMap(({ stretch, diagnosis }) =>
      diagnosis.symptoms.map((text) => `${clocks(stretch, facts)}: ${text}`),
    ),
    ill: (whole.ill ?? []).length > 0 ? whole.ill! : sumIll(facts),
    causes,
    decide: [...decide.values()],
  };
}

/** Counts of the periods, of all that the arms had started in the night. */
function sumIll({ weighed, started }: NightFacts): IllArm[] {
  const sums = new Map<string, IllArm>();
  for (const { arm, kind, count, of } of weighed.flatMap(({ diagnosis }) => diagnosis.ill ?? [])) {
    const sum = sums.get(`${arm} ${kind}`) ?? { arm, kind, count: 0, of: started[arm] ?? of };
    sums.set(`${arm} ${kind}`, { ...sum, count: sum.count + count });
  }
  return [...sums.values()];
}

function describePeriod({ stretch, diagnosis }: Weighed, { startedAtMs, ill }: NightFacts): DiagnosedPeriod {
  const { verdict, text, causes } = diagnosis;
  return {
    ...stretch,
    from: new Date(startedAtMs + stretch.fromSec * 1_000).toISOString(),
    to: new Date(startedAtMs + stretch.toSec * 1_000).toISOString(),
    windows: (stretch.toSec - stretch.fromSec) / ill.lengthSec,
    ...{ verdict, text, ill: diagnosis.ill ?? [] },
    causes: causes
      .filter(({ status }) => status !== 'excluded')
      .map(({ id, name, status }) => ({ id, name, status })),
  };
}

function sayWhen(facts: NightFacts): string {
  const { periods } = facts.ill;
  const shown = periods.slice(0, MOST_SHOWN).map((stretch) => sayShare(stretch, facts));
  const more = periods.length - shown.length;
  return `This was so from ${shown.join(', ')}${more > 0 ? ` and in ${more} more periods` : ''}.`;
}

/** Periods that a sentence can hold. */
const MOST_SHOWN = 4;

/** What became of the rest of the night. */
function sayRest({ ill, weighed, outside }: NightFacts): string {
  const covered = ill.periods.reduce((sum, { fromSec, toSec }) => sum + toSec - fromSec, 0) / ill.lengthSec;
  const left = Math.max(0, ill.windows - covered);
  const unweighed = ill.periods.length - weighed.length;
  const not = unweighed > 0 ? `${unweighed} shorter periods were not weighed by themselves. ` : '';
  return `${not}In the other ${left} windows ${outside.ill === 0 ? 'none' : outside.ill} of ${outside.started} handshakes stalled or were refused.`;
}

function sayShare(stretch: Stretch, facts: NightFacts): string {
  const { lengthSec, windows } = facts.ill;
  return `${clocks(stretch, facts)} (${(stretch.toSec - stretch.fromSec) / lengthSec} of ${windows} windows)`;
}

/** "02:10:00 to 03:05:00 UTC", with the date from the second day on. */
function clocks({ fromSec, toSec }: Stretch, { startedAtMs }: NightFacts): string {
  const at = (sec: number): string => {
    const iso = new Date(startedAtMs + sec * 1_000).toISOString();
    return sec < DAY_SEC ? iso.slice(11, 19) : iso.slice(0, 19).replace('T', ' ');
  };
  return `${at(fromSec)} to ${at(toSec)} UTC`;
}

const DAY_SEC = 86_400;
