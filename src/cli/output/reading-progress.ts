import { formatBytes, formatShare } from '../../render/format.ts';
import { shortenMiddle } from '../../render/shorten.ts';
import type { Host } from '../host.ts';

/** A file that is read faster shows nothing. */
const EACH_MS = 500;

/** How far the reading of a large file has come, in one line of a terminal that is written over; elsewhere nothing. */
export interface ReadingProgress {
  /** @param sizeOf bytes of the file; 0: a pipe, of which nobody knows */
  tell(shown: string, bytes: number, sizeOf: () => number): void;
  /** Takes the line away. */
  clear(): void;
}

export function createReadingProgress({ stderr, now }: Pick<Host, 'stderr' | 'now'>): ReadingProgress {
  let writtenMs = now();
  let isShown = false;
  return {
    tell(shown, bytes, sizeOf) {
      if (!stderr.isTTY || now() - writtenMs < EACH_MS) return;
      writtenMs = now();
      const size = sizeOf();
      const share = size > 0 ? ` of ${formatBytes(size)} (${formatShare(bytes / size)})` : '';
      const figures = `: ${formatBytes(bytes)}${share}`;
      const room = Math.max(8, stderr.columns - 1 - figures.length);
      stderr.write(`\r\u001b[K${shortenMiddle(shown, room)}${figures}`);
      isShown = true;
    },
    clear() {
      if (isShown) stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
}
