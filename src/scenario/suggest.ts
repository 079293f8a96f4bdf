import { distance } from 'fastest-levenshtein';

/** The known name closest to the given one, if it is close enough to be a typing error. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  // Two swapped letters count as two steps; a one-letter word would have nothing left.
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

/** What to do about an unknown name: use the one that was probably meant, or else one of the list. */
export function suggest(written: string, known: readonly string[]): string {
  const meant = nearest(written, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length === 0 ? 'none are known' : `known: ${known.join(', ')}`;
}
