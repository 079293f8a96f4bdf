/** Each word's place in a list of words. */
export function placesOf<Word extends string>(words: readonly Word[]): Readonly<Record<Word, number>> {
  return Object.fromEntries(words.map((word, place) => [word, place])) as Record<Word, number>;
}
