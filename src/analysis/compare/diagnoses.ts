import type { DiagnosedCause, Diagnosis, IllArm } from '../causes/diagnosis.ts';
import { groupDigits } from '../group-digits.ts';
import { type Cleared, clearArm } from './clear-arm.ts';
import { nameOf } from './comparable.ts';
import type { CauseChange, Comparison, RunTimeSeries, SideDiagnosis } from './types.ts';

interface Diagnosed {
  readonly run: RunTimeSeries;
  readonly diagnosis: Diagnosis;
}

/**
 * Whether what was wrong before the change still is. Gone is only what the same arms would have shown again: they were measured as
 * well, by as many attempts, and are clean.
 * @param differences why the runs did not do the same, if they did not
 */
export function compareDiagnoses(
  before: readonly RunTimeSeries[],
  after: readonly RunTimeSeries[],
  differences: readonly string[] = [],
): Pick<Comparison, 'diagnosis'> {
  const [was, is] = [diagnosed(before), diagnosed(after)];
  if (was.length === 0 || is.length === 0) return {};
  const named = namedIn(was);
  const newly = [...namedIn(is)].filter(([id]) => !named.has(id));
  const changes = [
    ...[...named].map(([id, cause]) => judge(id, cause, { was, is, differences })),
    ...(named.size === 0 ? judgeUnnamed({ was, is, differences }) : []),
    ...newly.map(([id, { name }]): CauseChange => {
      const sentence = `${upper(name)}: named after the change (${inRuns(id, is)}), not before`;
      return { id, name, status: 'new', sentence };
    }),
    ...(newly.length === 0 ? judgeNewUnnamed(was, is) : []),
  ];
  return { diagnosis: { before: sideOf(was), after: sideOf(is), changes } };
}

interface Sides {
  readonly was: readonly Diagnosed[];
  readonly is: readonly Diagnosed[];
  readonly differences: readonly string[];
}

function diagnosed(runs: readonly RunTimeSeries[]): Diagnosed[] {
  return runs.flatMap((run) =>
    run.facts.diagnosis === undefined ? [] : [{ run, diagnosis: run.facts.diagnosis }],
  );
}

function namedIn(side: readonly Diagnosed[]): Map<string, DiagnosedCause> {
  const named = side.flatMap(({ diagnosis }) => diagnosis.causes.filter(({ status }) => status === 'named'));
  return new Map(named.toReversed().map((cause) => [cause.id, cause]));
}

function judge(id: string, { name }: DiagnosedCause, sides: Sides): CauseChange {
  const { was, is } = sides;
  const say = (status: CauseChange['status'], what: string): CauseChange => ({
    ...{ id, name, status },
    sentence: groupDigits(`${upper(name)}: named before the change (${inRuns(id, was)}); ${what}`),
  });
  if (statusIn(id, is).includes('named'))
    return say('still', `still there: named after it (${inRuns(id, is)})`);
  const ill = illBy(id, was);
  const cleared = clear(ill, sides);
  if (cleared.kind === 'clean') return say('gone', `gone: ${cleared.text}`);
  if (cleared.kind === 'unknown')
    return say('cannot-tell', `cannot tell whether it is gone: ${cleared.text}`);
  const now = [...namedIn(is)].filter(([, cause]) =>
    (cause.arms ?? []).some((arm) => ill.some((one) => one.arm === arm)),
  );
  const excluded = statusIn(id, is).every((status) => status === 'excluded');
  if (now.length > 0 && excluded)
    return say(
      'other',
      `${cleared.text}, by another cause now: ${now.map(([, cause]) => cause.name).join('; ')}`,
    );
  const why = excluded
    ? 'this cause is excluded there, and no other is named'
    : 'this cause is not excluded there';
  return say('cannot-tell', `cannot tell whether it is gone: ${cleared.text}, and ${why}`);
}

/** What was ill before, and had no name. */
function judgeUnnamed(sides: Sides): CauseChange[] {
  const ill = sides.was.flatMap(({ diagnosis }) => diagnosis.ill ?? []);
  if (ill.length === 0) return [];
  const cleared = clear(ill, sides);
  const [status, what] =
    cleared.kind === 'clean'
      ? (['gone', `gone, whatever it was: ${cleared.text}`] as const)
      : ([
          'cannot-tell',
          `${cleared.kind === 'ill' ? 'not gone' : 'cannot tell whether it is gone'}: ${cleared.text}`,
        ] as const);
  const name = `what stalled or failed in ${listArms(ill)}`;
  return [
    {
      id: null,
      name,
      status,
      sentence: groupDigits(`${upper(name)} before the change, by a cause that cannot be told: ${what}`),
    },
  ];
}

/** What is ill after the change alone, and has no name. */
function judgeNewUnnamed(was: readonly Diagnosed[], is: readonly Diagnosed[]): CauseChange[] {
  const isKnown = ({ arm, kind }: IllArm): boolean =>
    was.some(({ diagnosis }) => (diagnosis.ill ?? []).some((one) => one.arm === arm && one.kind === kind));
  const open = is.filter(({ diagnosis }) => diagnosis.verdict === 'cannot-tell');
  const ill = open.flatMap(({ diagnosis }) => diagnosis.ill ?? []).filter((one) => !isKnown(one));
  if (ill.length === 0 || was.every(({ diagnosis }) => diagnosis.verdict === 'none')) return [];
  const name = `what stalled or failed in ${listArms(ill)}`;
  return [{ id: null, name, status: 'new', sentence: `New after the change: ${open[0]!.diagnosis.text}` }];
}

/** Whether all arms that were ill are clean. What the runs after cannot show comes first: they may have no such arm. */
function clear(ill: readonly IllArm[], { was, is, differences }: Sides): Cleared {
  if (differences.length > 0)
    return { kind: 'unknown', text: `the runs did not do the same (${differences[0]})` };
  const measured = is.filter(({ diagnosis }) => diagnosis.verdict !== 'none');
  if (measured.length === 0)
    return { kind: 'unknown', text: `the runs after it say nothing (${lowerFirst(is[0]!.diagnosis.text)})` };
  if (ill.length === 0) return { kind: 'unknown', text: 'which arms it hit was not recorded' };
  const kinds = [...new Map(ill.map((one) => [`${one.arm} ${one.kind}`, one])).values()];
  const results = kinds.map(({ arm, kind }) =>
    clearArm({ arm, kind }, ill, { before: was.map(({ run }) => run), after: measured }),
  );
  const worst = results.find((one) => one.kind === 'ill') ?? results.find((one) => one.kind === 'unknown');
  return (
    worst ?? {
      kind: 'clean',
      text: `after it the same arms are clean (${results.map(({ text }) => text).join('; ')})`,
    }
  );
}

function illBy(id: string, side: readonly Diagnosed[]): IllArm[] {
  return side.flatMap(({ diagnosis }) => {
    const cause = diagnosis.causes.find((one) => one.id === id && one.status === 'named');
    return (diagnosis.ill ?? []).filter(({ arm }) => cause?.arms?.includes(arm) === true);
  });
}

function statusIn(id: string, side: readonly Diagnosed[]): DiagnosedCause['status'][] {
  return side.flatMap(({ diagnosis }) => diagnosis.causes.find((cause) => cause.id === id)?.status ?? []);
}

function inRuns(id: string, side: readonly Diagnosed[]): string {
  const named = statusIn(id, side).filter((status) => status === 'named').length;
  return side.length === 1 ? nameOf(side[0]!.run.facts) : `in ${named} of ${side.length} runs`;
}

function sideOf(side: readonly Diagnosed[]): SideDiagnosis {
  const verdicts = new Set(side.map(({ diagnosis }) => diagnosis.verdict));
  const texts = [...new Map(side.map(({ diagnosis }) => [keyOf(diagnosis), diagnosis.text])).values()];
  const [only] = verdicts;
  return { verdict: verdicts.size === 1 ? only! : 'mixed', text: texts.join(' ') };
}

/** Runs that say the same differ in their figures. */
function keyOf({ verdict, causes }: Diagnosis): string {
  const left = causes.filter(({ status }) => status !== 'excluded').map(({ id }) => id);
  return `${verdict} ${left.toSorted().join(' ')}`;
}

function listArms(ill: readonly IllArm[]): string {
  const arms = [...new Set(ill.map(({ arm }) => arm))];
  return `arm ${arms.join(', ')}`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`.replace(/\.$/, '');
}
