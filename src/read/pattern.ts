/** A pattern with `*` (anything) and `?` (one character) for a whole text; a text without either stands for itself. */
export function patternOf(word: string): RegExp {
  const source = word
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
