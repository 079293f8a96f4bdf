import type { AppendFile } from './append-file.ts';

/**
 * Writes part of an entry, or continues a partial write.
 * @returns the system's error if it has to wait
 */
export type Step = () => Promise<NodeJS.ErrnoException | undefined>;

/** What goes to disk together: the last step's line vouches for the others. */
export interface Entry {
  readonly steps: readonly Step[];
  /** In memory until it is on disk. */
  readonly bytes: number;
}

/**
 * Entries that go to several files each, one after the other: no step is taken before the one ahead of it is on disk, so
 * that the last line of an entry vouches for the others. What has no room waits; beyond a bound the oldest entries that
 * are not begun are dropped whole, and counted.
 */
export class Journal {
  readonly #maxBytes: number;
  readonly #entries: (Entry & { done: number })[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get waiting(): number {
    return this.#entries.length;
  }

  get dropped(): number {
    return this.#dropped;
  }

  async add({ steps, bytes }: Entry): Promise<NodeJS.ErrnoException | undefined> {
    this.#entries.push({ steps, bytes, done: 0 });
    this.#bytes += bytes;
    this.#dropOldest();
    return this.flush();
  }

  async flush(): Promise<NodeJS.ErrnoException | undefined> {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      for (let step = entry.steps[entry.done]; step !== undefined; step = entry.steps[entry.done]) {
        const error = await step();
        if (error !== undefined) return error;
        entry.done += 1;
      }
      this.#entries.shift();
      this.#bytes -= entry.bytes;
    }
    return undefined;
  }

  #dropOldest(): void {
    // The first one's steps may have begun: half of it may be on disk.
    while (this.#bytes > this.#maxBytes && this.#entries.length > 2) {
      const [oldest] = this.#entries.splice(1, 1);
      this.#bytes -= oldest?.bytes ?? 0;
      this.#dropped += 1;
    }
  }
}

/** A step that appends text to a file, and opens the file first if necessary. Either may have to wait. */
export function appendStep(open: () => Promise<AppendFile>, text: string): Step {
  let file: AppendFile | undefined;
  return () =>
    waiting(async () => {
      const isHanded = file !== undefined;
      file ??= await open();
      return file.append(isHanded ? '' : text);
    });
}

/** The system's error as a value. */
export async function waiting(
  act: () => Promise<NodeJS.ErrnoException | undefined>,
): Promise<NodeJS.ErrnoException | undefined> {
  try {
    return await act();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
