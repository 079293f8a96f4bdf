/** Makes a pattern for a whole text from `*` (anything) and `?` (one character); text without either matches itself. */
export function patternOf(word: string): RegExp {
  const source = word
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's');
}
