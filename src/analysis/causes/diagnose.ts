import { OUTCOME_GROUPS, type Outcome } from '../../outcome/outcome.ts';
import { groupDigits } from '../group-digits.ts';
import { areMany, countHoles } from '../observations/segments.ts';
import type { Observations } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import type { DiagnosedCause, Diagnosis } from './diagnosis.ts';
import { percent } from './judgements.ts';
import type { Cause } from './types.ts';
import { type Weighed, type WeighedSymptom, weighSymptoms } from './weigh.ts';
import { sayCannotTell, sayNamed, sayStep } from './words.ts';

/** Fewer attempts than this are too few to call anything healthy: of 100 clean ones, up to 3.7 % may still be ill. */
const FEWEST_HEALTHY = 100;

/** Failures of other kinds than are weighed here, from which on nothing is called healthy. */
const OTHER_FAILURES = 0.01;

/**
 * What can be said of why a run went as it did. A cause is named only where something in this very run excludes each rival that would
 * look the same; else the rivals are listed, with what would decide.
 */
export function diagnose(seen: Observations): Diagnosis {
  const diagnosis = weighAll(seen);
  const { untried = [] } = seen;
  if (untried.length === 0 || diagnosis.verdict === 'named') return diagnosis;
  // What was not met is no health.
  const text =
    diagnosis.verdict === 'healthy'
      ? `${diagnosis.text} Not tried: ${untried.map((one) => one.text).join('; ')}.`
      : diagnosis.text;
  return { ...diagnosis, text, untried };
}

function weighAll(seen: Observations): Diagnosis {
  const why = findNoVerdict(seen);
  const none = (text: string): Diagnosis => ({
    ...{ verdict: 'none', text },
    ...{ symptoms: [], ill: [], causes: [], decide: [] },
  });
  if (why !== undefined && !(seen.generatorLimited && seen.isLimitedByDrops === true)) return none(why);
  const weighed = weighSymptoms(seen);
  const symptoms = weighed.map(({ symptom }) => symptom);
  if (symptoms.length === 0) return why === undefined ? describeHealth(seen) : none(why);
  const named = new Set(weighed.flatMap((one) => one.named?.cause.id ?? []));
  // A machine that drops packets itself can tell of nothing else.
  if (why !== undefined && [...named].join() !== 'probe') return none(why);
  // What a cause that is named predicts as well needs no second one.
  const open = weighed.filter((one) => !one.possible.some(({ cause }) => named.has(cause.id)));
  return {
    verdict: open.length === 0 ? 'named' : 'cannot-tell',
    text: [...sayAllNamed(weighed), ...sayCannotTell(open)].join(' '),
    symptoms: symptoms.map(({ text }) => text),
    ill: symptoms.map(({ kind, arm, count, of }) => ({ arm: arm.name, kind, count, of })),
    causes: listCauses(weighed, open, named),
    decide: listDecisions(open),
  };
}

function findNoVerdict({ generatorLimited, limits, status, arms }: Observations): string | undefined {
  if (generatorLimited)
    return `No verdict: this machine was the bottleneck${limits[0] === undefined ? '' : ` (${limits[0]})`}.`;
  if (status === 'failed') return 'No verdict: the run failed.';
  const started = arms.reduce((sum, arm) => sum + arm.started, 0);
  return started === 0 ? 'No verdict: no connection was started.' : undefined;
}

/** Nothing stalled, or so few that any path has them. */
function describeHealth(seen: Observations): Diagnosis {
  const { arms, nat, limits } = seen;
  const none = (text: string): Diagnosis => ({
    ...{ verdict: 'none', text: groupDigits(text) },
    ...{ symptoms: [], ill: [], causes: [], decide: [] },
  });
  const isSweep = arms.some(({ arm }) => arm.load.kind === 'sweep');
  if (isSweep && (nat === 'apart' || nat === 'reassigned'))
    return none(`No verdict: ${limits[0] ?? 'nothing was measured'}.`);
  const started = arms.reduce((sum, arm) => sum + arm.started, 0);
  const stalled = arms.reduce((sum, arm) => sum + arm.stalled, 0);
  const other = mostOftenFailed(seen);
  if (other !== undefined && other.count >= started * OTHER_FAILURES)
    return none(
      `No verdict: handshakes were fine, but ${other.count} of ${started} attempts failed in a way that is not weighed here (${other.outcome}).`,
    );
  if (started < FEWEST_HEALTHY)
    return none(`No verdict: ${started} attempts are too few to call it healthy, though nothing was ill.`);
  const [, high] = wilsonInterval(stalled, started);
  const seenOf =
    stalled === 0
      ? `none of ${started} handshakes stalled`
      : `${stalled} of ${started} handshakes stalled, as on any path`;
  const text = `Healthy: ${seenOf} (at most ${percent(high)} with 95 % confidence), at the rates and for the time of this run.${sayHoles(seen)}${sayLate(seen)}`;
  return { verdict: 'healthy', text: groupDigits(text), symptoms: [], ill: [], causes: [], decide: [] };
}

/** Holes, where nothing says whose they are. */
function sayHoles(seen: Observations): string {
  const holes = countHoles(seen);
  const established = seen.arms.reduce((sum, { summary }) => sum + summary.established, 0);
  return !areMany(holes, established)
    ? ''
    : ` ${holes} segments came to this machine with a hole before them: lost and sent again within milliseconds, out of order, or of another program.`;
}

/** First bytes that one in a hundred waits so long for, and so many times as long as half of them, are late. */
const LATE_US = 500_000;
const TIMES_AS_LONG = 10;
const FEWEST_ANSWERS = 100;

/** What came late without having been sent again: handshakes say nothing of it, and nor does a cause. */
function sayLate({ arms }: Observations): string {
  const late = arms
    .map(({ name, summary: { service } }) => ({ name, ...service.firstByteUs }))
    .filter(({ count, p50, p99 }) => count >= FEWEST_ANSWERS && p99 >= Math.max(LATE_US, p50 * TIMES_AS_LONG))
    .toSorted((a, b) => b.p99 - a.p99)[0];
  if (late === undefined) return '';
  const { name, p50, p99 } = late;
  return ` But first bytes came late: of arm ${name} one in a hundred took ${Math.round(p99 / 10_000) / 100} s or longer, half of them ${Math.round(p50 / 1_000)} ms or less. That is after the handshake, and no cause of it is weighed.`;
}

function mostOftenFailed({
  arms,
}: Observations): { readonly outcome: string; readonly count: number } | undefined {
  const counts = new Map<string, number>();
  for (const { summary } of arms)
    for (const [outcome, count] of Object.entries(summary.outcomes) as [Outcome, number][])
      if (OUTCOME_GROUPS[outcome] === 'remote') counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined ? undefined : { outcome: most[0], count: most[1] };
}

function sayAllNamed(weighed: readonly WeighedSymptom[]): string[] {
  const said = new Set<string>();
  return weighed.flatMap(({ named }) => {
    if (named === undefined || said.has(named.cause.id)) return [];
    said.add(named.cause.id);
    return [sayNamed(named)];
  });
}

/** Each cause once, with all that was seen of it; named ones first, then those that remain. */
function listCauses(
  weighed: readonly WeighedSymptom[],
  open: readonly WeighedSymptom[],
  named: ReadonlySet<string>,
): DiagnosedCause[] {
  const byId = new Map<
    string,
    { readonly cause: Cause; readonly parts: Weighed[]; readonly arms: Set<string> }
  >();
  for (const { weighed: all, symptom } of weighed) {
    for (const one of all) {
      const known = byId.get(one.cause.id) ?? { cause: one.cause, parts: [], arms: new Set() };
      known.parts.push(one);
      known.arms.add(symptom.arm.name);
      byId.set(one.cause.id, known);
    }
  }
  const possible = new Set([
    ...open.flatMap((one) => one.possible.map(({ cause }) => cause.id)),
    ...weighed.flatMap((one) => listCasesOf(one)),
  ]);
  const statusOf = (id: string): DiagnosedCause['status'] =>
    named.has(id) ? 'named' : possible.has(id) ? 'possible' : 'excluded';
  const causes = [...byId.values()].map(({ cause, parts, arms }): DiagnosedCause => {
    const status = statusOf(cause.id);
    return {
      ...{ id: cause.id, name: cause.name, status },
      for: textsOf(parts, ['decides', 'supports']),
      against: againstOf(parts, status),
      next: status === 'excluded' ? [] : cause.next.map(sayStep),
      proof: cause.proof,
      arms: [...arms],
    };
  });
  const order = { named: 0, possible: 1, excluded: 2 } as const;
  return causes.toSorted((a, b) => order[a.status] - order[b.status] || b.for.length - a.for.length);
}

/** What the named cause of a symptom may be in particular. */
function listCasesOf({ named, possible }: WeighedSymptom): string[] {
  return possible.flatMap(({ cause }) =>
    named !== undefined && cause.isCaseOf === named.cause.id ? [cause.id] : [],
  );
}

/** What is left of a symptom that a named cause accounts for is excluded by that. */
function againstOf(parts: readonly Weighed[], status: DiagnosedCause['status']): string[] {
  const texts = textsOf(parts, ['contradicts']);
  return status === 'excluded' && texts.length === 0
    ? ['the cause that is named would account for it as well']
    : texts;
}

function textsOf(
  parts: readonly Weighed[],
  kinds: readonly Weighed['judgements'][number]['says'][],
): string[] {
  const texts = kinds.flatMap((kind) =>
    parts.flatMap(({ judgements }) => judgements.flatMap(({ says, text }) => (says === kind ? [text] : []))),
  );
  return [...new Set(texts)];
}

function listDecisions(open: readonly WeighedSymptom[]): Diagnosis['decide'] {
  const decisions = new Map<string, Diagnosis['decide'][number]>();
  for (const { possible } of open)
    for (const { cause } of possible)
      for (const { text, command } of cause.decidedBy)
        decisions.set(command ?? text, { text, ...(command === undefined ? {} : { command }) });
  return [...decisions.values()];
}
