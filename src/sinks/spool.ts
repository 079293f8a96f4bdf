import { appendFile, readFile, rm, rmdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFolder, JOURNAL, nameSegment, onDisk, type Segment, writeWhole } from './spool-folder.ts';

/** Seconds that wait to be delivered, oldest first. */
export interface Batch {
  readonly seconds: number;
  /** Recorded by this run; others were found in the spool. */
  readonly isOwn: boolean;
  readonly bytes: number;
  /** Where it is kept: on disk, or in memory if it could not be written. */
  readonly at: { readonly path: string } | { readonly body: Buffer };
}

export interface SpoolOptions {
  /** Folder of this sink's spools. */
  readonly parent: string;
  readonly limitBytes: number;
  /** Called with seconds for which there was no room. */
  readonly onDropped: (seconds: number, why: string) => void;
  /** Called when the disk fails; that by itself loses nothing. */
  readonly onFault: (error: NodeJS.ErrnoException) => void;
}

/** Batches kept in memory while the disk takes none. */
const MEMORY_BYTES = 4 * 1_024 * 1_024;

/**
 * The batches of one sink, in order, on disk before they are delivered: if the process is killed, the next one
 * delivers them. Bounded: the oldest are dropped first. Nothing here throws. One caller adds, one takes and removes.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #dir: string | undefined;
  readonly #batches: Batch[];
  #sequence = 1;
  /** Length of the journal: whole lines. */
  #notedBytes = 0;
  #inDelivery: Batch | undefined;

  private constructor(options: SpoolOptions, dir: string | undefined, segments: readonly Segment[]) {
    this.#options = options;
    this.#dir = dir;
    this.#batches = segments.map(({ path, seconds, bytes }) => ({
      ...{ seconds, bytes },
      isOwn: false,
      at: { path },
    }));
  }

  /** Takes over what dead processes left. Without a folder all waits in memory. */
  static async open(options: SpoolOptions): Promise<Spool> {
    try {
      const { dir, segments } = await claimFolder(options.parent);
      const spool = new Spool(options, dir, segments);
      spool.#keepWithinLimit();
      return spool;
    } catch (error) {
      options.onFault(error as NodeJS.ErrnoException);
      return new Spool(options, undefined, []);
    }
  }

  get batches(): readonly Batch[] {
    return this.#batches;
  }

  /** Keeps a second of the batch that is not closed yet, should this process be killed. */
  async note(text: string): Promise<void> {
    if (this.#dir === undefined) return;
    const journal = join(this.#dir, JOURNAL);
    try {
      await appendFile(journal, text);
      this.#notedBytes += Buffer.byteLength(text);
    } catch (error) {
      // A disk may take half a line and then be full: the next line would be spoilt by it.
      await truncate(journal, this.#notedBytes).catch(() => undefined);
      this.#options.onFault(error as NodeJS.ErrnoException);
    }
  }

  /**
   * Closes a batch.
   * @param body its lines, as they will be sent
   */
  async add(body: Buffer, seconds: number): Promise<void> {
    const at = await this.#write(body, seconds);
    const bytes = 'path' in at ? onDisk(body.length) : body.length;
    this.#batches.push({ seconds, isOwn: true, bytes, at });
    // Killed before this, the next process delivers these seconds twice: the same points.
    if ('path' in at) await this.#removeJournal();
    this.#keepWithinLimit();
  }

  /** The oldest batch, which stays until it is removed; undefined if there is none. */
  async takeOldest(): Promise<{ batch: Batch; body: Buffer } | undefined> {
    for (;;) {
      const [batch] = this.#batches;
      this.#inDelivery = batch;
      if (batch === undefined) return undefined;
      try {
        return { batch, body: 'body' in batch.at ? batch.at.body : await readFile(batch.at.path) };
      } catch (error) {
        this.#drop(batch, `the spool cannot be read (${(error as Error).message})`);
      }
    }
  }

  /** The batch was delivered, or never will be. */
  async remove(batch: Batch): Promise<void> {
    this.#inDelivery = undefined;
    const index = this.#batches.indexOf(batch);
    if (index >= 0) this.#batches.splice(index, 1);
    if ('path' in batch.at) await rm(batch.at.path, { force: true }).catch(() => undefined);
  }

  /** What waits in memory goes to the disk, or is lost. Leaves no empty folder behind. */
  async close(): Promise<void> {
    for (const batch of this.#batches.filter(({ at }) => 'body' in at)) {
      const at = await this.#write((batch.at as { body: Buffer }).body, batch.seconds);
      if ('body' in at) this.#drop(batch, 'the spool cannot be written');
      else this.#batches.splice(this.#batches.indexOf(batch), 1, { ...batch, at });
    }
    if (this.#dir === undefined) return;
    await this.#removeJournal();
    await rmdir(this.#dir).catch(() => undefined);
  }

  async #removeJournal(): Promise<void> {
    if (this.#dir === undefined) return;
    try {
      await rm(join(this.#dir, JOURNAL), { force: true });
      this.#notedBytes = 0;
    } catch {
      // It stays and continues at its end: its seconds may be delivered twice, as the same points.
    }
  }

  async #write(body: Buffer, seconds: number): Promise<Batch['at']> {
    if (this.#dir === undefined) return { body };
    const path = join(this.#dir, nameSegment(Date.now(), this.#sequence, seconds));
    this.#sequence += 1;
    try {
      await writeWhole(path, body);
      return { path };
    } catch (error) {
      this.#options.onFault(error as NodeJS.ErrnoException);
      return { body };
    }
  }

  #keepWithinLimit(): void {
    this.#keepWithin(this.#options.limitBytes, 'path', 'the spool is full');
    this.#keepWithin(MEMORY_BYTES, 'body', 'the spool cannot be written');
  }

  /** What is being delivered is not taken away: it may be counted as delivered any moment. */
  #keepWithin(limitBytes: number, place: 'path' | 'body', why: string): void {
    const held = this.#batches.filter(({ at }) => place in at);
    let bytes = held.reduce((sum, batch) => sum + batch.bytes, 0);
    for (const batch of held) {
      if (bytes <= limitBytes) return;
      if (batch === this.#inDelivery) continue;
      bytes -= batch.bytes;
      this.#drop(batch, why);
    }
  }

  #drop(batch: Batch, why: string): void {
    this.#batches.splice(this.#batches.indexOf(batch), 1);
    if ('path' in batch.at) rm(batch.at.path, { force: true }).catch(() => undefined);
    this.#options.onDropped(batch.seconds, why);
  }
}
