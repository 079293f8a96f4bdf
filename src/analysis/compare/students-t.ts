import { qnorm, qt } from 'lib-r-math.js';

/** Beyond this many degrees of freedom the library's iteration gains nothing. */
const MANY = 1e6;

/**
 * Quantile of Student's t distribution at `chance`.
 * @param df degrees of freedom, above 0
 */
export function tQuantile(chance: number, df: number): number {
  return qt(chance, Math.min(df, MANY));
}

/** Quantile of the standard normal distribution at `chance`. */
export function normalQuantile(chance: number): number {
  return qnorm(chance);
}
