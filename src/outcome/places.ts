/** Each word's position in a list. */
export function placesOf<Word extends string>(words: readonly Word[]): Readonly<Record<Word, number>> {
  return Object.fromEntries(words.map((word, place) => [word, place])) as Record<Word, number>;
}
