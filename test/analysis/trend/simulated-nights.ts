import type { SoakRun, SoakRunFigure } from '../../../src/analysis/trend/types.ts';
import { createRandom } from '../../../src/random.ts';
import { summary } from '../../render/fixtures.ts';
import { factsOf } from '../compare/time-series.ts';

export interface Weather {
  /** True stall rate of a usual night. */
  readonly rate: number;
  /** By how much nights differ: standard deviation of the logarithm of the true rate. */
  readonly spread: number;
  /** Stalls of one burst. */
  readonly burst: number;
  /** Correlation of a night's logarithm with the one before. */
  readonly alike: number;
  /** Times the rate at weekends. */
  readonly weekend: number;
}

export const USUAL: Weather = { rate: 0.001, spread: 0.3, burst: 50, alike: 0, weekend: 1 };

const STARTS = 5 * 3_600 * 200;
const FIRST_NIGHT = Date.UTC(2026, 9, 1, 1, 30);
const DAY_MS = 86_400_000;

/**
 * Nights of five hours at 200/s whose stalls come in bursts, at a rate that differs from night to night.
 * @param factorAt times the rate of night `index`
 */
export function simulateNights(
  count: number,
  seed: number,
  weather: Partial<Weather> = {},
  factorAt: (index: number) => number = () => 1,
): SoakRun[] {
  const { rate, spread, burst, alike, weekend } = { ...USUAL, ...weather };
  const random = createRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const start = FIRST_NIGHT + Math.floor(random() * 7) * DAY_MS;
  let mood = normal();
  return Array.from({ length: count }, (_, index) => {
    mood = alike * mood + Math.sqrt(1 - alike ** 2) * normal();
    const startedAtMs = start + index * DAY_MS;
    const isWeekend = [0, 6].includes(new Date(startedAtMs).getUTCDay());
    const bursts = (rate * factorAt(index) * (isWeekend ? weekend : 1) * STARTS) / burst;
    const stalled = burst * poisson(random, normal, bursts * Math.exp(spread * mood - spread ** 2 / 2));
    const busy = Math.exp(0.05 * normal());
    return nightOf(index, startedAtMs, {
      'stalled.rate': share('stalled.rate', 'stalls', 'low', stalled / STARTS, burst),
      'frozen.rate': share('frozen.rate', 'aside', 'low', (stalled * 0.2) / STARTS, burst),
      completedShare: share(
        'completedShare',
        'others',
        'high',
        1 - (stalled * 0.2 + poisson(random, normal, 30)) / STARTS,
        burst,
      ),
      'handshakeUs.p50': micros('handshakeUs.p50', 400 * busy),
      'handshakeUs.p99': micros('handshakeUs.p99', 5_000 * busy * Math.exp(0.2 * normal())),
      'totalUs.p50': micros('totalUs.p50', 2_000 * busy * Math.exp(0.1 * normal())),
      'totalUs.p99': micros('totalUs.p99', 9_000 * busy * Math.exp(0.2 * normal())),
      achievedPerSec: {
        name: 'achievedPerSec',
        unit: 'perSec',
        good: 'high',
        role: 'aside',
        value: 200,
        whole: STARTS,
        ci95: [199.9, 200.1],
      },
    });
  });
}

/** A night of one arm with these figures. */
export function nightOf(
  index: number,
  startedAtMs: number,
  figures: Readonly<Record<string, SoakRunFigure>>,
  facts: Parameters<typeof factsOf>[0] = {},
): SoakRun {
  const startedAt = new Date(startedAtMs).toISOString();
  const whole = factsOf({ run: { ...summary().run, id: `night-${index}`, startedAt }, ...facts });
  const arm = {
    figures: new Map(Object.entries(figures)),
    scheduled: STARTS,
    answers: { statuses: STARTS, tunnelStatuses: 0 },
    notOkShare: 0,
  };
  return { facts: whole, lengthSec: 18_000, arms: new Map([['stress', arm]]) };
}

export function share(
  name: string,
  role: SoakRunFigure['role'],
  good: SoakRunFigure['good'],
  value: number,
  clustering: number,
): SoakRunFigure {
  const error = 1.96 * Math.sqrt((Math.max(value * (1 - value), 1 / STARTS) * clustering) / STARTS);
  return {
    name,
    unit: 'share',
    good,
    role,
    value,
    whole: STARTS,
    ci95: [Math.max(0, value - error), value + error],
  };
}

export function micros(name: string, value: number): SoakRunFigure {
  return {
    name,
    unit: 'us',
    good: 'low',
    role: 'aside',
    value,
    whole: STARTS,
    ci95: [value * 0.99, value * 1.01],
  };
}

function poisson(random: () => number, normal: () => number, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); count += 1) product *= random();
  return count;
}
