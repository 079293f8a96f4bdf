import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const LINE_FEED = 10;
const CHUNK_BYTES = 256 * 1024;
/** No line of ours is as long: what is, is not read. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Reads what was appended to a file since the last time, by whole lines: one without its line feed is left for later. */
export class TailFile {
  readonly #path: string;
  #inode: bigint | undefined;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Passes on every new line. A file that does not exist yet has none.
   * @param anew called first if another file has replaced it, or if it was truncated
   */
  async read(take: (line: string) => void, anew: () => void): Promise<void> {
    const handle = await this.#open();
    if (handle === undefined) return;
    try {
      const stat = await handle.stat({ bigint: true });
      if (!stat.isFile()) return;
      const { ino, size } = stat;
      if (this.#inode !== undefined && (ino !== this.#inode || size < BigInt(this.#offset))) {
        this.#offset = 0;
        anew();
      }
      this.#inode = ino;
      await this.#readOn(handle, Number(size), take);
    } finally {
      await handle.close();
    }
  }

  /** Through no link and into no pipe: a folder from elsewhere must not lead anywhere. */
  async #open(): Promise<FileHandle | undefined> {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    try {
      return await open(this.#path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // A segment may be removed at any time; a link is none of ours.
      if (code === 'ENOENT' || code === 'ELOOP') return undefined;
      throw error;
    }
  }

  async #readOn(handle: FileHandle, size: number, take: (line: string) => void): Promise<void> {
    let chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(1, size - this.#offset)));
    while (this.#offset < size) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, this.#offset);
      const used = takeLines(chunk.subarray(0, bytesRead), take);
      this.#offset += used;
      if (used > 0) continue;
      // Torn, or longer than what was read at once.
      if (bytesRead < chunk.length || chunk.length >= MAX_LINE_BYTES) return;
      chunk = Buffer.allocUnsafe(chunk.length * 2);
    }
  }
}

/** @returns bytes of whole lines */
function takeLines(bytes: Buffer, take: (line: string) => void): number {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    take(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return start;
}
