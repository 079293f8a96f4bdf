import { nameOf } from '../compare/comparable.ts';
import { medianOf } from '../median.ts';
import { type DiagnosedNight, findCauseChanges } from './causes.ts';
import { checkWork } from './choose-soak-runs.ts';
import { type JudgedTimeSeries, judgeTimeSeries } from './lines.ts';
import { listTimeSeries, seriesOf } from './series.ts';
import type { SoakRun, Trend, TrendLine, TrendNight, TrendStep } from './types.ts';
import { concludeFrom } from './verdict.ts';
import { findWeekendEffect, localDayOf } from './weekends.ts';
import { formatLine } from './words.ts';

export interface TrendOptions {
  readonly timeZone: string;
  /** Compare weekends only with weekends. */
  readonly weekdays: boolean;
  readonly notes: readonly string[];
}

/** An interrupted night counts if it has at least this share of the usual length. */
const ENOUGH = 0.5;

/** The nights of one scenario, oldest first. */
export interface TrendGroup {
  readonly nights: readonly SoakRun[];
  readonly notes: readonly string[];
}

/**
 * Compares nights of one scenario, and decides for every figure whether it changed.
 * @param nights oldest first
 */
export function judgeTrend(nights: readonly SoakRun[], { notes, ...options }: TrendOptions): Trend {
  return judgeTrends([{ nights, notes }], options)[0]!;
}

/** Compares the nights of each group with each other; p is corrected for the figures of all groups together. */
export function judgeTrends(
  groups: readonly TrendGroup[],
  { timeZone, weekdays }: Omit<TrendOptions, 'notes'>,
): Trend[] {
  const isWeekend = (night: SoakRun): boolean => localDayOf(night.facts.run.startedAt, timeZone).weekend;
  const classOf = (night: SoakRun): number => (weekdays && isWeekend(night) ? 1 : 0);
  const prepared = groups.map((group) => {
    const usualSec = medianOf(group.nights.map(({ lengthSec }) => lengthSec));
    const shown = group.nights.map((night) => describeRun(night, timeZone, usualSec));
    const counted = group.nights.filter((_, index) => shown[index]!.leftOut === null);
    return { ...group, shown, counted, figures: listTimeSeries(counted) };
  });
  const all = prepared.flatMap(({ figures }) => figures);
  const judged = judgeTimeSeries(all, (timeSeries) => seriesOf(timeSeries, classOf));
  let from = 0;
  return prepared.map((group) => {
    const own = judged.slice(from, from + group.figures.length);
    from += group.figures.length;
    return describeTrend(group, own, { timeZone, weekdays, isWeekend });
  });
}

function describeTrend(
  {
    nights,
    notes,
    shown,
    counted,
  }: TrendGroup & { readonly shown: readonly TrendNight[]; readonly counted: readonly SoakRun[] },
  judged: readonly JudgedTimeSeries[],
  {
    timeZone,
    weekdays,
    isWeekend,
  }: Omit<TrendOptions, 'notes'> & { readonly isWeekend: (night: SoakRun) => boolean },
): Trend {
  const probe = new Map([...findProbeChanges(counted)].map(([index, what]) => [counted[index]!, what]));
  const dateOf = (night: SoakRun): string => localDayOf(night.facts.run.startedAt, timeZone).date;
  const lines = judged.map((one) => describeLine(one, dateOf, probe));
  const weekendNotes = weekdays ? [] : findWeekendEffect(judged, isWeekend);
  const scenario = nights[0]?.facts.scenario.name ?? '';
  const { changes: causeChanges, now: cause } = findCauseChanges(diagnosedNights(counted, dateOf));
  return {
    schema: 1,
    ...concludeFrom(lines, {
      scenario,
      nights: nights.length,
      leftOut: shown.flatMap(({ leftOut }) => leftOut ?? []),
    }),
    ...{ scenario, timeZone, weekdays },
    notes: [...notes, ...weekendNotes],
    nights: shown,
    probeChanges: [...findProbeChanges(nights)].map(([index, what]) => {
      const { id, date } = shown[index]!;
      return { id, date, what };
    }),
    ...{ causeChanges, cause, lines },
    failIf: [],
  };
}

function describeRun({ facts, lengthSec, arms }: SoakRun, timeZone: string, usualSec: number): TrendNight {
  const { id, label, startedAt, status } = facts.run;
  return {
    ...{ id, name: nameOf(facts), label, startedAt, status, lengthSec },
    ...localDayOf(startedAt, timeZone),
    generatorLimited: facts.generatorLimited,
    leftOut: whyLeftOut(facts, lengthSec, usualSec),
    diagnosis: describeDiagnosis(facts),
    arms: Object.fromEntries(
      [...arms].map(([name, { notOkShare, figures }]) => [
        name,
        {
          notOkShare,
          figures: Object.fromEntries(
            [...figures].map(([figure, { value, ci95 }]) => [figure, { value, ci95 }]),
          ),
        },
      ]),
    ),
  };
}

function describeDiagnosis({ diagnosis }: SoakRun['facts']): TrendNight['diagnosis'] {
  if (diagnosis === undefined) return null;
  const { verdict, text, causes } = diagnosis;
  return { verdict, text, named: causes.filter(({ status }) => status === 'named').map(({ id }) => id) };
}

function diagnosedNights(nights: readonly SoakRun[], dateOf: (night: SoakRun) => string): DiagnosedNight[] {
  return nights.flatMap((night) => {
    const { run, diagnosis } = night.facts;
    return diagnosis === undefined ? [] : [{ id: run.id, date: dateOf(night), diagnosis }];
  });
}

function whyLeftOut(facts: SoakRun['facts'], lengthSec: number, usualSec: number): string | null {
  if (facts.generatorLimited) return `generator-limited: ${facts.reasons.join('; ')}`;
  if (facts.run.status === 'running') return 'is still in progress';
  if (facts.run.status !== 'complete' && lengthSec < ENOUGH * usualSec) {
    return `${facts.run.status} after ${lengthSec} s, the others lasted ${Math.round(usualSec)} s`;
  }
  return null;
}

/** What differs from the night before, for nights that count. */
type ProbeByRun = ReadonlyMap<SoakRun, readonly string[]>;

function describeLine(
  judged: JudgedTimeSeries,
  dateOf: (night: SoakRun) => string,
  probe: ProbeByRun,
): TrendLine {
  const { timeSeries, verdict, worse, pAdjusted, found, smallestStep, alpha, isSlight } = judged;
  const { arm, figure, nights, measured } = timeSeries;
  const line = {
    ...{ arm, figure: figure.name, unit: figure.unit, nights: nights.length, verdict, worse, pAdjusted },
    level: medianOf(measured.map(({ value }) => value)),
    step: found === undefined ? null : describeStep(found.step, nights, dateOf, probe),
    drift:
      found === undefined
        ? null
        : {
            perWeek: 7 * found.drift.slope,
            ci95: [7 * found.drift.ci95[0], 7 * found.drift.ci95[1]] as const,
            p: found.drift.chance,
          },
    smallestStep,
    correlation: found?.likeness.correlation ?? null,
    decides: figure.role !== 'aside',
  };
  return { ...line, sentence: formatLine(line, alpha, isSlight) };
}

function describeStep(
  { split, plausible: [first, last], shift, chance }: NonNullable<JudgedTimeSeries['found']>['step'],
  nights: readonly SoakRun[],
  dateOf: (night: SoakRun) => string,
  probe: ProbeByRun,
): TrendStep {
  const lastBefore = (at: number): SoakRun => nights[Math.max(0, at - 1)]!;
  return {
    after: dateOf(lastBefore(split)),
    afterId: lastBefore(split).facts.run.id,
    plausibleAfter: [dateOf(lastBefore(first)), dateOf(lastBefore(last))],
    ...shift,
    p: chance,
    probeChanged: nights.slice(first, last + 1).flatMap((night) => probe.get(night) ?? []),
  };
}

/**
 * What differs from the night before, by the index of the first night with it: if figures change, a probe that
 * measures differently is the first suspect.
 */
function findProbeChanges(nights: readonly SoakRun[]): Map<number, string[]> {
  const changes = new Map<number, string[]>();
  for (let index = 1; index < nights.length; index += 1) {
    const [before, now] = [nights[index - 1]!.facts, nights[index]!.facts];
    const what = [
      ...(before.run.engine === now.run.engine
        ? []
        : [`the engines differ: ${before.run.engine} and ${now.run.engine}`]),
      ...checkWork(before, now).warnings,
    ];
    if (what.length > 0) changes.set(index, what);
  }
  return changes;
}
