// Runs whose true stall rate is known, with stalls that come as they do in the field: in bursts, in long waves, or singly.
// What the comparison says of them is held against the truth, here for docs/comparing.md and, fewer of them, in the tests.

import { createRandom } from '../dist/random.js';

const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const exponential = (random, mean) => -mean * Math.log(1 - random());

/** From one success to the next, as far as there are so many; for many of either, by the normal curve. */
function binomial(random, trials, chance) {
  if (chance <= 0) return 0;
  if (chance >= 1) return trials;
  const mean = trials * chance;
  if (mean > 60 && trials - mean > 60) {
    return Math.max(0, Math.min(trials, Math.round(mean + Math.sqrt(mean * (1 - chance)) * normal(random))));
  }
  let count = 0;
  const logOfFailure = Math.log1p(-chance);
  for (let at = 0; ; count += 1) {
    at += 1 + Math.floor(Math.log(1 - random()) / logOfFailure);
    if (at > trials) return count;
  }
}

/** The same chance in every second. */
export function steady(rate) {
  return { rate, shape: (_random, seconds) => new Array(seconds).fill(rate) };
}

/** Bursts of `onSec` on average, `offSec` apart, in which `high` stall instead of `low`. */
export function bursts(onSec, offSec, high, low) {
  return {
    rate: (onSec * high + offSec * low) / (onSec + offSec),
    shape(random, seconds) {
      let isOn = random() < onSec / (onSec + offSec);
      let left = exponential(random, isOn ? onSec : offSec);
      return Array.from({ length: seconds }, () => {
        let room = 1;
        let on = 0;
        while (left < room) {
          if (isOn) on += left;
          room -= left;
          isOn = !isOn;
          left = exponential(random, isOn ? onSec : offSec);
        }
        if (isOn) on += room;
        left -= room;
        return on * high + (1 - on) * low;
      });
    },
  };
}

/** A rate that wanders: log-normal, alike over `tauSec`, its standard deviation `spread` times its mean. */
export function waves(rate, tauSec, spread) {
  const sigma = Math.sqrt(Math.log(1 + spread * spread));
  const memory = Math.exp(-1 / tauSec);
  return {
    rate,
    shape(random, seconds) {
      let at = normal(random);
      return Array.from({ length: seconds }, () => {
        const now = Math.min(1, rate * Math.exp(sigma * at - (sigma * sigma) / 2));
        at = memory * at + Math.sqrt(1 - memory * memory) * normal(random);
        return now;
      });
    },
  };
}

/** @returns starts and stalls of each second */
function simulateRun(side, { seconds, perSec, runSpread = 0 }, random) {
  const factor = runSpread === 0 ? 1 : Math.exp(runSpread * normal(random) - (runSpread * runSpread) / 2);
  const stalled = side
    .shape(random, seconds)
    .map((chance) => binomial(random, perSec, Math.min(1, chance * factor)));
  return { started: stalled.map(() => perSec), stalled };
}

/** Simulates one pair: as many runs a side as the setting says. */
export function simulatePair(setting, random) {
  const runs = setting.runs ?? 1;
  const side = (shape) => Array.from({ length: runs }, () => simulateRun(shape, setting, random));
  return { before: side(setting.before), after: side(setting.after) };
}

const alike = (shape) => ({ before: shape, after: shape });

/** What pairs are made of. Seconds a run, attempts a second, and how stalls come on either side. */
export const SETTINGS = {
  'single stalls, 1 %': { seconds: 300, perSec: 100, ...alike(steady(0.01)) },
  'single stalls, 0.1 %, 60 s': { seconds: 60, perSec: 100, ...alike(steady(0.001)) },
  'bursts of 5 s, 1 in 10': { seconds: 300, perSec: 100, ...alike(bursts(5, 45, 0.1, 0.001)) },
  'bursts of 5 s, more after': {
    ...{ seconds: 300, perSec: 100 },
    ...{ before: bursts(5, 45, 0.1, 0.001), after: bursts(5, 25, 0.2, 0.001) },
  },
  'bursts of 20 s, 10 min': { seconds: 600, perSec: 100, ...alike(bursts(20, 60, 0.3, 0.001)) },
  'bursts of 20 s, 30 min': { seconds: 1800, perSec: 100, ...alike(bursts(20, 60, 0.3, 0.001)) },
  'outages, 20 s on, 20 s off': { seconds: 600, perSec: 100, ...alike(bursts(20, 20, 0.9, 0.001)) },
  'waves of 30 s': { seconds: 600, perSec: 200, ...alike(waves(0.02, 30, 1)) },
  'waves, others after': {
    ...{ seconds: 1200, perSec: 200 },
    ...{ before: waves(0.02, 30, 1), after: waves(0.03, 10, 0.5) },
  },
  'rare bursts, 0.03 %': { seconds: 900, perSec: 200, ...alike(bursts(2, 58, 0.01, 0)) },
  '30 s, bursts of 2 s': { seconds: 30, perSec: 200, ...alike(bursts(2, 6, 0.1, 0.01)) },
  '30 s, bursts of 1 s': { seconds: 30, perSec: 200, ...alike(bursts(1, 4, 0.1, 0.001)) },
  'bursts of 5 s, none after': {
    ...{ seconds: 300, perSec: 100 },
    ...{ before: bursts(5, 25, 0.2, 0.001), after: steady(0) },
  },
  '60 s, bursts of 2 s, none after': {
    ...{ seconds: 60, perSec: 100 },
    ...{ before: bursts(2, 8, 0.2, 0.001), after: steady(0) },
  },
  '3 runs a side, which differ': {
    ...{ runs: 3, runSpread: 0.3, seconds: 120, perSec: 100 },
    ...alike(bursts(5, 45, 0.1, 0.001)),
  },
  '6 runs a side, which differ': {
    ...{ runs: 6, runSpread: 0.3, seconds: 120, perSec: 100 },
    ...alike(bursts(5, 45, 0.1, 0.001)),
  },
};

/**
 * What a comparison says of so many pairs.
 * @param compare (before, after) => { low, high, verdict, isFalseAlarm } of the stall rate's line; `isFalseAlarm`: any line
 *   of the comparison says better or worse
 */
export function evaluate(setting, pairs, seed, compare) {
  const random = createRandom(seed);
  const truth = setting.after.rate - setting.before.rate;
  const sums = { covered: 0, above: 0, below: 0, alarms: 0, told: 0, width: 0 };
  for (let pair = 0; pair < pairs; pair += 1) {
    const { before, after } = simulatePair(setting, random);
    const { low, high, verdict, isFalseAlarm } = compare(before, after);
    if (low > truth) sums.above += 1;
    else if (high < truth) sums.below += 1;
    else sums.covered += 1;
    if (isFalseAlarm) sums.alarms += 1;
    if (verdict === 'better' || verdict === 'worse') sums.told += 1;
    sums.width += high - low;
  }
  return {
    coverage: sums.covered / pairs,
    above: sums.above / pairs,
    below: sums.below / pairs,
    alarms: sums.alarms / pairs,
    told: sums.told / pairs,
    width: sums.width / pairs,
    isSame: truth === 0,
  };
}
