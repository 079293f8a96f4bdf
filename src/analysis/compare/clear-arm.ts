import { chanceOfAtLeast } from '../binomial.ts';
import type { Diagnosis, IllArm } from '../causes/diagnosis.ts';
import { countOf } from '../observations/contrasts.ts';
import { refusedOf } from '../observations/observe.ts';
import { wilsonInterval } from '../wilson.ts';
import type { RunTimeSeries } from './types.ts';

/** That chance made an arm so much better must be this unlikely; the same as between the arms of one run. */
const LUCK = 0.001;

/** Clean is no more than this share of what the arm would have had again. */
const CLEAN_BELOW = 0.1;

/** A run that started less of the arm than this, relative to those before, may not have come to the point. */
const AS_MUCH = 0.8;

/** Waits at a round number are counted only where they cluster, and holes where there are some: fewer than this are not told. */
const UNTOLD = 10;

/** `clean`: had it met the same, chance would not explain how little it shows; `ill`: it shows it again. */
export interface Cleared {
  readonly kind: 'clean' | 'ill' | 'unknown';
  readonly text: string;
}

/**
 * Whether an arm that was ill before the change is clean after it.
 * @param ill what the runs before recorded, of this arm and others
 */
export function clearArm(
  { arm, kind }: Pick<IllArm, 'arm' | 'kind'>,
  ill: readonly IllArm[],
  {
    before,
    after,
  }: {
    readonly before: readonly RunTimeSeries[];
    readonly after: readonly { readonly run: RunTimeSeries; readonly diagnosis: Diagnosis }[];
  },
): Cleared {
  const missing = after.filter(({ run }) => (run.arms.get(arm)?.summary.started ?? 0) === 0);
  if (missing.length > 0) return { kind: 'unknown', text: `its arm ${arm} is missing after it` };
  const again = after.flatMap(({ diagnosis }) =>
    (diagnosis.ill ?? []).filter((one) => one.arm === arm && one.kind === kind),
  );
  const [worst] = again.toSorted((a, b) => b.count / b.of - a.count / a.of);
  if (worst !== undefined)
    return { kind: 'ill', text: `${worst.count} of ${worst.of} of its arm ${arm} ${WORDS[kind]} after it` };
  const startedOf = (run: RunTimeSeries): number => run.arms.get(arm)?.summary.started ?? 0;
  const usual = Math.min(...before.map(startedOf).filter((started) => started > 0));
  const short = after.map(({ run }) => startedOf(run)).find((started) => started < usual * AS_MUCH);
  if (short !== undefined)
    return {
      kind: 'unknown',
      text: `only ${short} of its arm ${arm} were started after it, against ${usual}`,
    };
  const was = ill.filter((one) => one.arm === arm && one.kind === kind);
  const [bad, tried] = (['count', 'of'] as const).map((what) =>
    was.reduce((sum, one) => sum + one[what], 0),
  ) as [number, number];
  const now = after.map(({ run }) => countNow(run, arm, kind));
  const [count, of] = (['count', 'of'] as const).map((what) =>
    now.reduce((sum, one) => sum + one[what], 0),
  ) as [number, number];
  const [least] = wilsonInterval(Math.min(bad, tried), tried);
  const expected = (of * bad) / Math.max(1, tried);
  const isClean = 1 - chanceOfAtLeast(count + 1, of, least) <= LUCK && count <= expected * CLEAN_BELOW;
  const shown =
    kind === 'waits'
      ? `no cluster in ${of} of ${arm}`
      : `${count === 0 ? 'none' : count} of ${of} of ${arm} ${WORDS[kind]}`;
  const text = `${shown}; ${Math.round(expected)} would have, had they met the same`;
  return isClean ? { kind: 'clean', text } : { kind: 'unknown', text: `${text}: too few to tell` };
}

function countNow(run: RunTimeSeries, name: string, kind: IllArm['kind']): { count: number; of: number } {
  const arm = run.facts.scenario.arms.find((one) => one.name === name);
  const summary = run.arms.get(name)?.summary;
  if (arm === undefined || summary === undefined) return { count: 0, of: 0 };
  if (kind === 'waits') return { count: UNTOLD - 1, of: summary.firstByteUs.count };
  if (kind === 'holes') return { count: UNTOLD - 1, of: summary.established };
  const { started } = summary;
  const seen = { arm, summary, started, stalled: summary.stalled.count, refused: refusedOf(summary) };
  return countOf(seen, kind) ?? { count: 0, of: 0 };
}

const WORDS: Readonly<Record<IllArm['kind'], string>> = {
  stalled: 'stalled',
  refused: 'were refused',
  healed: 'needed a second SYN',
  late: 'were late or unanswered after the handshake',
  broken: 'were reset or closed before they were answered',
  cut: 'were cut',
  answered: 'were answered though they should be refused',
  waits: 'waited',
  holes: 'came with a hole before them',
};
