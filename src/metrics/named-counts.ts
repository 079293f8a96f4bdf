/** Counts of a series by names that come from the network or a scenario: a few names each, not known in advance. */
export const NAMED = ['schemesOffered', 'refusals', 'errorNames', 'unmetContent'] as const;
export type Named = (typeof NAMED)[number];

/** Maximum number of names in a map; the rest share one. */
const MOST_NAMES = 16;
export const OTHER_NAMES = 'other';

/** Counts under `name`, or under {@link OTHER_NAMES} once the map is full. */
export function countName(counts: Record<string, number>, name: string, by = 1): void {
  // A name may equal a property that every object inherits.
  const isKnown = Object.hasOwn(counts, name);
  const key = isKnown || Object.keys(counts).length < MOST_NAMES ? name : OTHER_NAMES;
  counts[key] = (Object.hasOwn(counts, key) ? counts[key]! : 0) + by;
}

/**
 * Adds `part` into `sum`, in place.
 * @param part absent in frames of an earlier version
 */
export function addNames(sum: Record<string, number>, part: Readonly<Record<string, number>> = {}): void {
  for (const [name, count] of Object.entries(part)) countName(sum, name, count);
}
