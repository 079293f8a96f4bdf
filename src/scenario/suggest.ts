import { distance } from 'fastest-levenshtein';

/** The known name nearest to what was written, if it is near enough to be a slip of the keys. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Two letters swapped are two steps; of a word of one letter nothing would be left.
  const most = written.length < 4 ? 1 : Math.max(2, Math.floor(written.length / 3));
  let bestDistance = Math.min(most, written.length - 1) + 1;
  for (const name of known) {
    const steps = distance(written.toLowerCase(), name.toLowerCase());
    if (steps < bestDistance) {
      best = name;
      bestDistance = steps;
    }
  }
  return best;
}

/** What to do about an unknown name: the one that was meant, or else all that there are. */
export function suggest(written: string, known: readonly string[]): string {
  const meant = nearest(written, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length === 0 ? 'there is none' : `known: ${known.join(', ')}`;
}
