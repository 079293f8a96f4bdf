import { describeTested, type Tested } from '../analysis/tested.ts';
import { readRunInfo } from '../store/read-info.ts';

/** What a run tested, as its run.json tells it; nothing where that cannot be read, or says it in another way. */
export async function readTested(dir: string): Promise<{ tested?: Tested }> {
  try {
    return { tested: describeTested(await readRunInfo(dir)) };
  } catch {
    return {};
  }
}
