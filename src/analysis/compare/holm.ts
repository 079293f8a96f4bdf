/** One of several questions asked of the same data. */
export interface Question {
  /** Chance of such an answer by luck. */
  readonly chance: number;
  /** Its part of the false alarms that are granted; above 0. */
  readonly weight: number;
}

/**
 * Chances corrected for the number of questions, so that of all of them together no more than the granted share give a
 * false alarm: Holm's procedure with weights (Holm 1979, Scandinavian Journal of Statistics 6:65, section 4).
 * @returns in the order of the questions, 0-1
 */
export function correctChances(questions: readonly Question[]): number[] {
  const order = questions
    .map((question, index) => ({ ...question, index }))
    .sort((a, b) => a.chance / a.weight - b.chance / b.weight);
  const corrected = new Array<number>(questions.length).fill(1);
  let weightLeft = questions.reduce((sum, { weight }) => sum + weight, 0);
  let soFar = 0;
  for (const { chance, weight, index } of order) {
    soFar = Math.max(soFar, Math.min(1, (chance * weightLeft) / weight));
    corrected[index] = soFar;
    weightLeft -= weight;
  }
  return corrected;
}
