import { open, readFile } from 'node:fs/promises';
import * as z from 'zod';
import { event, type FleetEvent, type Piece, type RunOrder, runOrder } from '../messages.ts';

/** One line: what is about to be sent, or has arrived. Written before each, so that a restart sends the same again. */
export type Entry =
  /** The order was taken, and is never taken again; absent if it was not understood. */
  | { readonly kind: 'taken'; readonly order?: RunOrder | undefined }
  | { readonly kind: 'event'; readonly id: string; readonly event: FleetEvent }
  | { readonly kind: 'folder'; readonly dir: string; readonly process: string }
  | { readonly kind: 'part'; readonly id: string; readonly pieces: readonly Piece[] }
  /** Stored by the server: an event, or a part. */
  | { readonly kind: 'stored'; readonly id: string }
  /** Its files have been written anew, or have gone: it is not sent. */
  | { readonly kind: 'dropped'; readonly id: string }
  /** Nothing is written into the folder any more. */
  | { readonly kind: 'final' }
  /** All of it is at the server. */
  | { readonly kind: 'done' };

const piece = z.object({
  ...{ file: z.string(), offset: z.number(), bytes: z.number(), whole: z.literal(true).optional() },
});
const entry: z.ZodType<Entry> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('taken'), order: runOrder.optional() }),
  z.object({ kind: z.literal('event'), id: z.string(), event }),
  z.object({ kind: z.literal('folder'), dir: z.string(), process: z.string() }),
  z.object({ kind: z.literal('part'), id: z.string(), pieces: z.array(piece) }),
  z.object({ kind: z.literal('stored'), id: z.string() }),
  z.object({ kind: z.literal('dropped'), id: z.string() }),
  z.object({ kind: z.literal('final') }),
  z.object({ kind: z.literal('done') }),
]) as z.ZodType<Entry>;

/** The file in which a probe keeps how far an order has come. */
export class RunJournal {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @param isSynced whether it has to survive a power cut, too */
  async append(added: Entry, isSynced = false): Promise<void> {
    const file = await open(this.#path, 'a', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(added)}\n`);
      if (isSynced) await file.sync();
    } finally {
      await file.close();
    }
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
