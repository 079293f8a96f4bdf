import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { event, type FleetEvent, type RunOrder, runOrder, type SoakOrder, soakOrder } from '../messages.ts';
import type { Piece } from '../run-part.ts';

/** One line: what is about to be sent, or has arrived. Written before each, so that a restart sends the same again. */
export type Entry =
  /** The order was taken, and is never taken again; absent if it was not understood. */
  | { readonly kind: 'taken'; readonly order?: RunOrder | SoakOrder | undefined }
  | { readonly kind: 'event'; readonly id: string; readonly event: FleetEvent }
  | { readonly kind: 'folder'; readonly dir: string; readonly process: string }
  /** This process goes on with the folder: what the one before it had not finished writing may be written otherwise. */
  | { readonly kind: 'resumed'; readonly process: string }
  /** Of a soak: what became of its last night. */
  | { readonly kind: 'night'; readonly run: string; readonly became: string }
  | { readonly kind: 'part'; readonly id: string; readonly pieces: readonly Piece[] }
  /** Stored by the server: an event, or a part. */
  | { readonly kind: 'stored'; readonly id: string }
  /** Its files have been written anew, or have gone: it is not sent. */
  | { readonly kind: 'dropped'; readonly id: string }
  /** Nothing is written into the folder any more. */
  | { readonly kind: 'final' }
  /** The file has gone to make room, with what was not sent of it; it had so many bytes. */
  | { readonly kind: 'given-up'; readonly file: string; readonly bytes: number }
  /** All of it is at the server, since `atMs` (milliseconds since 1970). */
  | { readonly kind: 'done'; readonly atMs: number };

const piece = z.object({
  ...{ file: z.string(), offset: z.number(), bytes: z.number(), whole: z.literal(true).optional() },
});
const entry: z.ZodType<Entry> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken'), order: z.union([runOrder, soakOrder]).optional() }),
  z.object({ kind: z.literal('event'), id: z.string(), event }),
  z.object({ kind: z.literal('folder'), dir: z.string(), process: z.string() }),
  z.object({ kind: z.literal('resumed'), process: z.string() }),
  z.object({ kind: z.literal('night'), run: z.string(), became: z.string() }),
  z.object({ kind: z.literal('part'), id: z.string(), pieces: z.array(piece) }),
  z.object({ kind: z.literal('stored'), id: z.string() }),
  z.object({ kind: z.literal('dropped'), id: z.string() }),
  z.object({ kind: z.literal('final') }),
  z.object({ kind: z.literal('given-up'), file: z.string(), bytes: z.number() }),
  z.object({ kind: z.literal('done'), atMs: z.number() }),
]) as z.ZodType<Entry>;

/** A disk that takes no more (write(2)). */
const FULL = ['ENOSPC', 'EDQUOT'];

export function isDiskFull(error: unknown): boolean {
  return FULL.includes((error as NodeJS.ErrnoException).code ?? '');
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Never half of one: without its beginning, it says nothing to a later process. */
const GOES_ON = constants.O_WRONLY | constants.O_APPEND;

/** The file in which a probe keeps how far an order has come. */
export class RunJournal {
  readonly #path: string;
  /** Lines that a full disk has not taken yet. */
  #unwritten: string[] = [];
  #isTorn = false;
  /** Somebody has removed it: from then on, only this process knows how far the order has come. */
  #isGone = false;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * A full disk does not keep a probe from sending, which may be what makes room: the line is written with the next that
   * is. Nor does somebody who removes the file. Only that an order was taken has to be on the disk before anything is done
   * about it.
   * @param isSynced whether it has to survive a power cut, too
   * @throws Error of the system
   */
  append(added: Entry, isSynced = false): Promise<void> {
    const appended = this.#last.then(() => this.#append(added, isSynced));
    this.#last = appended.catch(() => {});
    return appended;
  }

  /** Before anything else happens, not even a turn of the event loop; a kill of this process no longer undoes it. @throws Error of the system */
  appendNow(added: Entry): void {
    if (this.#isGone) return;
    try {
      const file = openSync(this.#path, GOES_ON);
      try {
        writeSync(file, `${this.#isTorn ? '\n' : ''}${JSON.stringify(added)}\n`);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#isGone = true;
    }
  }

  async #append(added: Entry, isSynced: boolean): Promise<void> {
    if (this.#isGone) return;
    const lines = [...this.#unwritten, JSON.stringify(added)];
    try {
      await this.#write(`${this.#isTorn ? '\n' : ''}${lines.join('\n')}\n`, isSynced, added.kind === 'taken');
      this.#unwritten = [];
      this.#isTorn = false;
    } catch (error) {
      if (added.kind === 'taken') await rm(this.#path, { force: true });
      this.#isGone = added.kind !== 'taken' && isMissing(error);
      if (this.#isGone) return;
      if (added.kind === 'taken' || !isDiskFull(error)) throw error;
      this.#unwritten = lines;
      this.#isTorn = true;
    }
  }

  async #write(text: string, isSynced: boolean, isFirst: boolean): Promise<void> {
    const file = await open(this.#path, isFirst ? 'a' : GOES_ON, 0o600);
    try {
      await file.writeFile(text);
      if (isSynced) await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Of what is all at the server, only that is kept: the pieces of a day take megabytes. */
  async shorten(dir: string | undefined, atMs: number): Promise<void> {
    if (this.#isGone) return;
    const entries: Entry[] = [
      { kind: 'taken' },
      ...(dir === undefined ? [] : [{ kind: 'folder', dir, process: '' } as const]),
      { kind: 'done', atMs },
    ];
    const draft = `${this.#path}.new`;
    await writeFile(draft, entries.map((each) => `${JSON.stringify(each)}\n`).join(''), { mode: 0o600 });
    await rename(draft, this.#path);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Every whole line; a kill or a power cut may have left half of the last. */
  async read(): Promise<Entry[]> {
    const text = await readFile(this.#path, 'utf8');
    return text.split('\n').flatMap((line) => {
      try {
        return [entry.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
  }
}
