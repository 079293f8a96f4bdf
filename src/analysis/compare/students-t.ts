import { qnorm, qt } from 'lib-r-math.js';

/** Beyond this many degrees of freedom the library's iteration gains nothing. */
const MANY = 1e6;

/**
 * Student's t: the value that `chance` of all lie below.
 * @param df degrees of freedom, above 0
 */
export function tQuantile(chance: number, df: number): number {
  return qt(chance, Math.min(df, MANY));
}

/** The standard normal distribution: the value that `chance` of all lie below. */
export function normalQuantile(chance: number): number {
  return qnorm(chance);
}
