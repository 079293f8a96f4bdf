/** One column wide, as a terminal that speaks UTF-8 shows it. */
const GAP = '…';

/**
 * Text of at most `width` characters, cut in its middle: how a label or an address ends tells it from the next as much as
 * how it begins.
 * @param width 1 or more; without end where nothing is to be cut
 */
export function shortenMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const kept = Math.max(0, width - GAP.length);
  const tail = Math.floor(kept / 2);
  return `${characters.slice(0, kept - tail).join('')}${GAP}${tail === 0 ? '' : characters.slice(-tail).join('')}`;
}

/** As {@link shortenMiddle}, each word by itself: what can be broken between words is not shortened. */
export function shortenWords(text: string, width: number): string {
  return text.replace(/\S+/g, (word) => shortenMiddle(word, width));
}
