import type { ReuseCounts } from '../../metrics/types.ts';
import { chanceOfAtLeast } from '../binomial.ts';
import type { Finding } from '../types.ts';
import type { Finder, Nat } from './finder.ts';

/** Ages with fewer attempts than this in all say nothing. */
const FEWEST_ATTEMPTS = 20;

/**
 * How much likelier, as a logarithm, a band must make what was seen than one rate for every age. About 200 ages have
 * 20,000 pairs of edges (a logarithm of 10): chance alone seldom gets past that.
 */
const LEAST_GAIN = 12;
const CLEAR_GAIN = 25;

/** A band's rate must stand out by this much, or it is a slope and no band. */
const LEAST_CONTRAST = 0.05;

/** A neighbour of a band belongs to it if chance alone would stall so many of its attempts less often than this. */
const BY_CHANCE = 0.05;

/** Attempts beyond an edge, and the widest step across it, for which it is one. */
const ENOUGH_BEYOND = 10;
const WIDEST_STEP = 2;

interface Age extends ReuseCounts {
  readonly ageSec: number;
}

interface Band {
  /** Indexes of the first and the last age in it. */
  readonly from: number;
  readonly to: number;
  readonly gain: number;
  readonly insideRate: number;
  readonly outsideRate: number;
}

export const reuseBand: Finder = {
  inArm: ({ name, load }, { tally, nat }) =>
    findReuseBand(name, tally.series(name).counts.byReuseAge, nat, load.kind === 'sweep'),
};

/**
 * The ages at which a source port that is used again meets stalls: above the firewall's own TIME_WAIT, which has let
 * the port go, and below the far end's, which still holds it. Both timers can be read off a sweep's edges.
 */
export function findReuseBand(
  arm: string,
  byReuseAge: Readonly<Record<string, ReuseCounts>>,
  nat: Nat | undefined,
  isSweep: boolean,
): Finding[] {
  if (nat === 'reassigned') {
    const text =
      'not measured: the far end saw source ports other than those bound here, so a port reused here is not reused there';
    return [{ kind: 'reuse-band', arm, confidence: 'none', text }];
  }
  if (nat === 'apart') {
    const text =
      'not measured: the far end saw the two source addresses of a pair as different external addresses, so they could not collide there';
    return [{ kind: 'reuse-band', arm, confidence: 'none', text }];
  }
  const ages = sortAges(byReuseAge);
  const attempts = sum(ages, 'attempts');
  if (attempts < FEWEST_ATTEMPTS || ages.length < 3) return [];
  const band = findBand(ages);
  return [band === undefined ? describeNone(arm, ages, nat) : describeBand(arm, ages, band, isSweep)];
}

function sortAges(byReuseAge: Readonly<Record<string, ReuseCounts>>): Age[] {
  return Object.entries(byReuseAge)
    .filter(([, { attempts }]) => attempts > 0)
    .map(([ms, counts]) => ({ ageSec: Number(ms) / 1_000, ...counts }))
    .sort((a, b) => a.ageSec - b.ageSec);
}

/** The pair of edges that explains what was seen best: one stall rate inside, another outside. */
function findBand(ages: readonly Age[]): Band | undefined {
  const total = { attempts: sum(ages, 'attempts'), stalled: sum(ages, 'stalled') };
  const alone = logLikelihood(total);
  let best: Band | undefined;
  for (let from = 0; from < ages.length; from += 1) {
    const inside = { attempts: 0, stalled: 0 };
    for (let to = from; to < ages.length; to += 1) {
      inside.attempts += ages[to]!.attempts;
      inside.stalled += ages[to]!.stalled;
      const outside = { attempts: total.attempts - inside.attempts, stalled: total.stalled - inside.stalled };
      const gain = logLikelihood(inside) + logLikelihood(outside) - alone;
      if (gain <= (best?.gain ?? LEAST_GAIN)) continue;
      const [insideRate, outsideRate] = [rateOf(inside), rateOf(outside)];
      if (insideRate - outsideRate < LEAST_CONTRAST) continue;
      best = { from, to, gain, insideRate, outsideRate };
    }
  }
  return best && widen(ages, best);
}

/** Takes in neighbours that stalled more than the ages outside would explain: at its edges a band holds few stalls. */
function widen(ages: readonly Age[], band: Band): Band {
  const outside = ages.filter((_, index) => index < band.from || index > band.to);
  // If there were no stalls, half a stall is assumed: a rate of 0 would explain nothing.
  const rate = (sum(outside, 'stalled') + 0.5) / (sum(outside, 'attempts') + 1);
  const standsOut = (age: Age | undefined): boolean =>
    age !== undefined && age.stalled > 0 && chanceOfAtLeast(age.stalled, age.attempts, rate) < BY_CHANCE;
  let { from, to } = band;
  while (standsOut(ages[from - 1])) from -= 1;
  while (standsOut(ages[to + 1])) to += 1;
  return { ...band, from, to };
}

function describeBand(arm: string, ages: readonly Age[], band: Band, isSweep: boolean): Finding {
  // Under load ages are not chosen but come about, and other things come about with them: only a sweep has edges.
  const hasLower = isSweep && isEdge(ages.slice(0, band.from), ages[band.from - 1], ages[band.from]!);
  const hasUpper = isSweep && isEdge(ages.slice(band.to + 1), ages[band.to]!, ages[band.to + 1]);
  const lower = edgeBetween(hasLower ? ages[band.from - 1]?.ageSec : undefined, ages[band.from]!.ageSec);
  const upper = edgeBetween(ages[band.to]!.ageSec, hasUpper ? ages[band.to + 1]?.ageSec : undefined);
  const isClear = band.gain >= CLEAR_GAIN;
  const from = hasLower
    ? `from ${lower.atSec} s (${lower.lowSec} to ${lower.highSec} s)`
    : `from ${lower.highSec} s or less, the youngest age tested,`;
  const to = hasUpper
    ? `to ${upper.atSec} s (${upper.lowSec} to ${upper.highSec} s)`
    : `to ${upper.lowSec} s or more, the oldest age tested,`;
  return {
    kind: 'reuse-band',
    arm,
    confidence: !isClear ? 'low' : hasLower && hasUpper ? 'high' : 'medium',
    fromSec: lower.atSec,
    fromLowSec: lower.lowSec,
    fromHighSec: lower.highSec,
    toSec: upper.atSec,
    toLowSec: upper.lowSec,
    toHighSec: upper.highSec,
    text:
      `${share(band.insideRate)} of the source ports reused at an age ${from} ${to} stalled, ` +
      `against ${share(band.outsideRate)} at other ages`,
  };
}

/** Whether a band ends there, and not only what was tried: enough attempts beyond, and close to it. */
function isEdge(beyond: readonly Age[], younger: Age | undefined, older: Age | undefined): boolean {
  if (younger === undefined || older === undefined) return false;
  return sum(beyond, 'attempts') >= ENOUGH_BEYOND && older.ageSec <= younger.ageSec * WIDEST_STEP;
}

function describeNone(arm: string, ages: readonly Age[], nat: Nat | undefined): Finding {
  const attempts = sum(ages, 'attempts');
  const seen = `${sum(ages, 'stalled')} of ${attempts} reused ports stalled, at no age more than at others (${ages[0]!.ageSec} to ${ages[ages.length - 1]!.ageSec} s)`;
  const doubt =
    nat === 'preserved'
      ? ''
      : '; if source ports are changed on the way, or the addresses of a pair are translated to different external ones, this has measured nothing';
  return { kind: 'reuse-band', arm, confidence: 'none', text: `no band: ${seen}${doubt}` };
}

/** Between a clean age and a stalling one; the geometric mean, as ages grow by factors. */
function edgeBetween(
  low: number | undefined,
  high: number | undefined,
): { atSec: number; lowSec: number; highSec: number } {
  const [lowSec, highSec] = [low ?? high ?? 0, high ?? low ?? 0];
  return { atSec: Math.round(Math.sqrt(lowSec * highSec) * 100) / 100, lowSec, highSec };
}

/** Of so many stalls in so many attempts, at the rate that fits them best. */
function logLikelihood({ attempts, stalled }: ReuseCounts): number {
  const clean = attempts - stalled;
  const part = (count: number): number =>
    count <= 0 || attempts <= 0 ? 0 : count * Math.log(count / attempts);
  return part(stalled) + part(clean);
}

function rateOf({ attempts, stalled }: ReuseCounts): number {
  return attempts === 0 ? 0 : stalled / attempts;
}

function share(rate: number): string {
  return `${Math.round(rate * 1_000) / 10} %`;
}

function sum(ages: readonly Age[], what: 'attempts' | 'stalled'): number {
  return ages.reduce((total, age) => total + age[what], 0);
}
