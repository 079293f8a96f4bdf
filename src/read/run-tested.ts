import { describeTested, type Tested } from '../analysis/tested.ts';
import { readRunInfo } from '../store/read-info.ts';

/** What a run tested, from its run.json; undefined if that is unreadable or has another shape. */
export async function readTested(dir: string): Promise<{ tested?: Tested }> {
  try {
    return { tested: describeTested(await readRunInfo(dir)) };
  } catch {
    return {};
  }
}
