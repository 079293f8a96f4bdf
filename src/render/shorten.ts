/** One column wide on a UTF-8 terminal. */
const GAP = '…';

/**
 * Text of at most `width` characters, shortened in the middle, because the end of a label or address distinguishes it
 * as much as its beginning.
 * @param width 1 or more; infinite if nothing is to be shortened
 */
export function shortenMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  const kept = Math.max(0, width - GAP.length);
  const tail = Math.floor(kept / 2);
  return `${characters.slice(0, kept - tail).join('')}${GAP}${tail === 0 ? '' : characters.slice(-tail).join('')}`;
}

/** Like {@link shortenMiddle}, but for each word: text that can be wrapped is not shortened. */
export function shortenWords(text: string, width: number): string {
  return text.replace(/\S+/g, (word) => shortenMiddle(word, width));
}
