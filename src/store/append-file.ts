import { type FileHandle, open } from 'node:fs/promises';

/** What is to be closed, such as a file. */
interface Closable {
  close(): Promise<void>;
}

/** Closes all of them, whatever becomes of one. @throws the first fault */
export async function closeAll(files: readonly Closable[]): Promise<void> {
  const closed = await Promise.allSettled(files.map((file) => file.close()));
  const failed = closed.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** Text that waits for a full disk to have room again; beyond it the oldest is dropped and counted. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/**
 * A file that only grows, by whole chunks. A chunk that could not be written whole is taken back out and kept, and goes
 * first the next time: the file never holds half of one, and nothing already written is touched.
 */
export class AppendFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #length: number;
  #pending: Buffer[] = [];
  #dropped = 0;
  /** Half a chunk may stand at the end. */
  #isTorn = false;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path;
    this.#handle = handle;
    this.#length = length;
  }

  /** @throws Error of the system where the file cannot be created */
  static async open(path: string): Promise<AppendFile> {
    const handle = await open(path, 'a');
    try {
      return new AppendFile(path, handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Opens all of them, or none. @throws Error of the system where one cannot be created */
  static async openAll(paths: readonly string[]): Promise<AppendFile[]> {
    const opened = await Promise.allSettled(paths.map((path) => AppendFile.open(path)));
    const files = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = opened.find((one) => one.status === 'rejected');
    if (failed === undefined) return files;
    await closeAll(files);
    throw failed.reason;
  }

  /** Size of the file, bytes. */
  get length(): number {
    return this.#length;
  }

  /** Chunks that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes that wait to be written. */
  get pendingBytes(): number {
    return this.#pending.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /**
   * Appends text, or bytes.
   * @returns the system's error while part of it is still waiting; undefined once all is written
   */
  async append(text: string | Uint8Array): Promise<NodeJS.ErrnoException | undefined> {
    if (text.length > 0) this.#pending.push(Buffer.from(text as string));
    while (this.pendingBytes > MAX_PENDING_BYTES) {
      this.#pending.shift();
      this.#dropped += 1;
    }
    while (this.#pending.length > 0) {
      const failure = await this.#write(this.#pending[0]!);
      if (failure !== undefined) return failure;
      this.#pending.shift();
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(chunk: Buffer): Promise<NodeJS.ErrnoException | undefined> {
    try {
      if (this.#isTorn) await this.#cutBack();
      this.#isTorn = true;
      await this.#handle.appendFile(chunk);
      this.#isTorn = false;
      this.#length += chunk.length;
      return undefined;
    } catch (error) {
      // Where even that fails, it is tried again before the next chunk.
      await this.#cutBack().catch(() => undefined);
      return error as NodeJS.ErrnoException;
    }
  }

  async #cutBack(): Promise<void> {
    await this.#handle.truncate(this.#length);
    this.#isTorn = false;
  }
}
