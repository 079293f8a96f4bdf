import { quantilesOf } from '../metrics/histogram.ts';
import type { RecordedSecond } from '../metrics/types.ts';
import { readOpenSeconds } from '../store/open-seconds.ts';
import type { SessionWriter } from '../store/session-writer.ts';
import { closeWindow } from '../store/soak-windows.ts';

/** A database may not yet have stored seconds that were released a moment ago. */
const ON_THE_WAY_SEC = 5;

/**
 * The last seconds of a process that died: recorded, but held back from sinks until it was certain whether they count.
 * A database that already has some of them receives the same points again.
 */
export async function readUnsettled(
  { dir, info: { startedAt }, settleSec }: Pick<SessionWriter, 'dir' | 'info' | 'settleSec'>,
  lastSecond: number,
  isAside: (second: number) => boolean,
): Promise<RecordedSecond[]> {
  const afterSec = lastSecond - settleSec - ON_THE_WAY_SEC;
  return (await readOpenSeconds(dir, afterSec)).flatMap((open) => {
    const { seconds, histograms } = closeWindow([open], isAside);
    const quantiles = new Map([...histograms].map(([tag, histogram]) => [tag, quantilesOf(histogram)]));
    return seconds.map((frame) => ({
      atMs: Date.parse(startedAt) + frame.second * 1_000,
      ...{ frame, quantiles },
    }));
  });
}
