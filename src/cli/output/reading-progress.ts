import { formatBytes, formatShare } from '../../render/format.ts';
import { shortenMiddle } from '../../render/shorten.ts';
import type { Host } from '../host.ts';

/** If reading takes less, nothing is shown. */
const EACH_MS = 500;

/** Progress of reading a large file, in one line of a terminal, rewritten in place; nothing elsewhere. */
export interface ReadingProgress {
  /** @param sizeOf bytes of the file; 0: unknown, as for a pipe */
  tell(shown: string, bytes: number, sizeOf: () => number): void;
  /** Clears the line. */
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
