/** Enough that distant servers keep nobody waiting, and few enough that clocks are asked without a crowd. */
const MOST_AT_ONCE = 64;

/**
 * Does something for each of many probes, some at once. @returns what came of each, in order
 * @throws the first failure, once those under way have ended
 */
export async function sideBySide<T, R>(
  all: readonly T[],
  act: (one: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  const work = async (): Promise<void> => {
    for (const [index, one] of left) results[index] = await act(one, index);
  };
  const workers = Array.from({ length: Math.min(MOST_AT_ONCE, all.length) }, work);
  const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return results;
}
