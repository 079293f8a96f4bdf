/** Number of digits of a commit shown, as git abbreviates in a large repository. */
const SHOWN_DIGITS = 12;

/** `0.2.0`, or `0.2.0 (commit 2f0dd7b41c09)` if it runs from a checkout. */
export function formatVersion({ rushhour, commit }: { rushhour: string; commit?: string }): string {
  return commit === undefined ? rushhour : `${rushhour} (commit ${commit.slice(0, SHOWN_DIGITS)})`;
}
