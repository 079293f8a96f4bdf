/** A firewall that resets one SYN in ten lets none of so many through once in 100,000 runs. */
export const TRIES = 5;

export interface AskTimes {
  /** A try that has not ended by then gets company: what drops one SYN need not drop the next. */
  readonly companyAfterMs: number;
  /** Between a try that failed and the next one. */
  readonly pauseMs: number;
}

const TIMES: AskTimes = { companyAfterMs: 1_000, pauseMs: 200 };

/**
 * Asks up to {@link TRIES} times whether something answers, and no more once it did.
 * @param ask one try; `signal` ends it, once another has been answered
 * @returns the first answer that satisfies, else what each try came to, in the order in which they ended
 */
export function askAgain<Answer>(
  ask: (nth: number, signal: AbortSignal) => Promise<Answer>,
  satisfies: (answer: Answer) => boolean,
  { companyAfterMs, pauseMs }: AskTimes = TIMES,
): Promise<readonly Answer[]> {
  const ending = new AbortController();
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let begun = 0;
    let timer: NodeJS.Timeout | undefined;
    const schedule = (ms: number): void => {
      clearTimeout(timer);
      if (begun < TRIES && !ending.signal.aborted) timer = setTimeout(begin, ms);
    };
    const finish = (found: readonly Answer[]): void => {
      clearTimeout(timer);
      ending.abort();
      resolve(found);
    };
    const take = (answer: Answer): void => {
      if (ending.signal.aborted) return;
      answers.push(answer);
      if (satisfies(answer)) finish([answer]);
      else if (answers.length === TRIES) finish(answers);
      else schedule(pauseMs);
    };
    const begin = (): void => {
      begun += 1;
      schedule(companyAfterMs);
      ask(begun, ending.signal).then(take, (error) => {
        reject(error);
        finish([]);
      });
    };
    begin();
  });
}
