/** With a firewall that resets one SYN in ten, all of these fail about once in 100,000 runs. */
export const TRIES = 5;

export interface AskTimes {
  /** If a try has not ended by then, another starts in parallel: what drops one SYN need not drop the next. */
  readonly companyAfterMs: number;
  /** Between a failed try and the next one. */
  readonly pauseMs: number;
}

const TIMES: AskTimes = { companyAfterMs: 1_000, pauseMs: 200 };

/**
 * Tries up to {@link TRIES} times to get an answer, and stops after the first.
 * @param ask one try; `signal` ends it once another has been answered
 * @returns the first satisfactory answer; if there is none, the result of each try, in the order in which they ended
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
