import type { Arm } from '../../scenario/types.ts';
import { type Level, levelsOf } from '../findings/knee.ts';
import { meanOf } from '../median.ts';
import type { SeriesTally } from '../tally.ts';
import type { Plateau } from './types.ts';

/** A level in which this share of the starts stalled or was refused is above a limit; below the second it is clean. */
const ABOVE_FROM = 0.05;
const CLEAN_BELOW = 0.001;

/** Levels are at one plateau if what was established differs by no more than this, relative to its mean. */
const SAME_HEIGHT = 0.07;

/** The highest of their rates must be this many times the lowest, or any load looks level. */
const APART = 1.3;

/** Rates nearer to each other show a level only where it is as even as a meter's: a share of 8 % would be lost of the higher one, too. */
const NEARLY_APART = 1.08;
const METERED = { height: 0.015, spread: 0.03 };

/** A level's first seconds have its burst in them, and take up what the level before left. */
const SETTLING_SEC = 2;

/** What got through where more and more was asked for; undefined without two levels above a limit that got the same. */
export function findPlateau(arm: Arm, series: SeriesTally): Plateau | undefined {
  const levels = levelsOf(arm, series).filter(
    ({ seconds, scheduled }) => seconds > SETTLING_SEC && scheduled > 0,
  );
  const above = levels.filter((level) => badShare(level) >= ABOVE_FROM);
  const rates = above.map(({ ratePerSec }) => ratePerSec);
  if (above.length < 2 || Math.max(...rates) < Math.min(...rates) * NEARLY_APART) return undefined;
  const seconds = settledSeconds(arm, series, above);
  const perLevel = seconds.map(meanOf);
  const mean = meanOf(perLevel);
  if (mean === 0 || perLevel.some((height) => Math.abs(height - mean) > mean * SAME_HEIGHT)) return undefined;
  const clean = levels.filter(
    (level) => badShare(level) < CLEAN_BELOW && level.ratePerSec < Math.min(...rates),
  );
  const all = seconds.flat();
  const variance = meanOf(all.map((value) => (value - mean) ** 2));
  const spread = Math.sqrt(variance) / mean;
  const isMetered =
    spread <= METERED.spread && perLevel.every((height) => Math.abs(height - mean) <= mean * METERED.height);
  if (!isMetered && Math.max(...rates) < Math.min(...rates) * APART) return undefined;
  return {
    establishedPerSec: Math.round(mean * 10) / 10,
    offeredPerSec: rates,
    ...(clean.length === 0
      ? {}
      : { cleanUpToPerSec: Math.max(...clean.map(({ ratePerSec }) => ratePerSec)) }),
    spread,
  };
}

/** Established in each whole second of each level, without those in which it settles. */
function settledSeconds(arm: Arm, series: SeriesTally, above: readonly Level[]): number[][] {
  const chosen = new Set(above.map(({ fromSec }) => fromSec));
  return levelsOf(arm, series)
    .filter(({ fromSec }) => chosen.has(fromSec))
    .map(({ fromSec, seconds }) =>
      Array.from(
        { length: seconds - SETTLING_SEC },
        (_, index) => series.bySecond.get(fromSec + SETTLING_SEC + index)?.established ?? 0,
      ),
    );
}

function badShare({ scheduled, stalled, failed }: Level): number {
  return (stalled + failed) / scheduled;
}
