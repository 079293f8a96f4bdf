/** Terms smaller than this, relative to the sum, are below the precision of a double. */
const NEGLIGIBLE = 1e-16;

/**
 * Chance of `hits` or more in so many independent trials: the upper tail of the binomial distribution. Sums from the
 * edge of the tail outwards, so that millions of trials cost some thousand terms and nothing underflows. Not
 * lib-r-math.js, as elsewhere: its pbinom() 2.0.3 is off by up to 0.1 % where trials are 2, or 8 to 10 (1 or more of
 * 2 at 0.29: 0.49460 instead of 0.49516).
 * @param rate chance of one trial, 0-1
 */
export function chanceOfAtLeast(hits: number, trials: number, rate: number): number {
  if (hits <= 0) return 1;
  if (hits > trials || rate <= 0) return 0;
  if (rate >= 1) return 1;
  // Below the mean, the tail is most of the distribution: its complement is summed instead.
  if (hits <= trials * rate) return 1 - sumTail(trials - hits + 1, trials, 1 - rate);
  return sumTail(hits, trials, rate);
}

/** From `hits`, above the mean, up: each term is smaller than the one before. */
function sumTail(hits: number, trials: number, rate: number): number {
  const odds = rate / (1 - rate);
  let term = Math.exp(
    logFactorial(trials) -
      logFactorial(hits) -
      logFactorial(trials - hits) +
      hits * Math.log(rate) +
      (trials - hits) * Math.log1p(-rate),
  );
  let sum = 0;
  for (let count = hits; count <= trials; count += 1) {
    sum += term;
    if (term <= sum * NEGLIGIBLE) break;
    term *= ((trials - count) / (count + 1)) * odds;
  }
  return Math.min(1, sum);
}

/** Below this the series is too inaccurate, and a product of few factors is cheap. */
const SMALL = 16;

/** Stirling's series to 1/n^5 (Abramowitz & Stegun 6.1.41): accurate to 14 digits from 16 upwards. */
function logFactorial(n: number): number {
  if (n < SMALL) {
    let product = 1;
    for (let factor = 2; factor <= n; factor += 1) product *= factor;
    return Math.log(product);
  }
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1_260 * n ** 5);
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
