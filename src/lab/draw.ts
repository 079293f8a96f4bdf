/** Draws settings of a trial: a preset says which, whoever tries it brings the chance. */
export interface Draw {
  /** A whole number, small ones as likely as large ones: from 10 to 100 as often as from 100 to 1,000. */
  whole(least: number, most: number): number;
  /** The same in seconds: `seconds(2, 20)` may be `7s`. */
  seconds(least: number, most: number): string;
  /** A share, in percent: `percent(1, 10)` may be `2.3%`. */
  percent(least: number, most: number): string;
  /** One of these, each equally likely. */
  pick<const T>(choices: readonly T[]): T;
}
