/** One of several hypotheses tested on the same data. */
export interface Question {
  /** Probability of such a result by chance. */
  readonly chance: number;
  /** Its share of the allowed false alarms; above 0. */
  readonly weight: number;
}

/**
 * Corrects probabilities for multiple testing, so that false alarms over all tests together stay within the allowed
 * share: Holm's procedure with weights (Holm 1979, Scandinavian Journal of Statistics 6:65, section 4).
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
