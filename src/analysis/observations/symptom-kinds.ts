/** What there may be to explain. */
export const SYMPTOMS = [
  'stalled',
  'healed',
  'refused',
  'late',
  'broken',
  'cut',
  'answered',
  'waits',
  'holes',
] as const;
export type SymptomKind = (typeof SYMPTOMS)[number];
