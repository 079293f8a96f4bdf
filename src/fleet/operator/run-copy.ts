import { constants } from 'node:fs';
import { type FileHandle, open, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../store/make-folder.ts';
import { digestOfFile, sumUpFolder } from '../outbox/folder.ts';
import type { DecodedPart, Piece, RunPart } from '../run-part.ts';

/** Bytes of a file that never arrived. */
export interface MissingBytes {
  readonly file: string;
  readonly fromByte: number;
  /** Exclusive. */
  readonly toByte: number;
  /** The probe removed the file to make room. */
  readonly isGivenUp?: true;
}

/** What a folder lacks of what its probe recorded. */
export interface CopyState {
  /** Whether the probe said that this is all. */
  readonly hasEnded: boolean;
  readonly missing: readonly MissingBytes[];
  /** Files that differ from what the probe has, though nothing is missing of them. */
  readonly differing: readonly string[];
  /** Names that cannot be those of files, as the probe told them; absent: none. They were not written. */
  readonly refused?: readonly string[];
  /**
   * Files that somebody removed at the probe before all of it was sent, and how much of each is here; empty: the folder went
   * before anything of it was sent. Absent: nothing was removed.
   */
  readonly lost?: readonly { readonly file: string; readonly bytes: number }[];
  /** Files that begin as they should, and have more; absent: none, or they were cut. */
  readonly longer?: readonly string[];
}

/**
 * So many bytes may be lacking in a folder before pieces that have come. A piece further on is not written, and counts as
 * missing: a probe may claim any place for it, and a gap takes as long to read as what belongs there.
 */
const MOST_GAP_BYTES = 268_435_456;
/** Of names that cannot be those of files, so many are kept. */
const MOST_REFUSED = 20;

/**
 * The folder of a probe's run, as its messages build it up. Each piece has its place, so that one that comes twice, or
 * overlaps another, changes nothing.
 */
export class RunCopy {
  readonly dir: string;
  readonly #missing = new Map<string, MissingBytes[]>();
  readonly #refused = new Set<string>();
  /** Of files that pieces were written to, bytes: asking for it each time takes longer than to write. */
  readonly #sizes = new Map<string, number>();
  #gapBytes = 0;
  #end: Extract<RunPart, { kind: 'end' }> | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  async add({ part, contents, refused }: DecodedPart): Promise<void> {
    for (const name of refused) if (this.#refused.size < MOST_REFUSED) this.#refused.add(name);
    if (part.kind === 'end') {
      this.#end = part;
      return;
    }
    for (const [index, piece] of part.pieces.entries()) await this.#write(piece, contents[index]!);
  }

  /**
   * Compares the folder with what the probe says that it has.
   * @param mends cuts off what a file has beyond that: what the probe took back as it resumed. Otherwise the folder is
   * left as it is
   */
  async check({ mends = true } = {}): Promise<CopyState> {
    const own = new Map((await sumUpFolder(this.dir).catch(() => [])).map((each) => [each.file, each]));
    const missing = [...this.#missing.values()].flat();
    const [differing, longer]: [string[], string[]] = [[], []];
    for (const { file, bytes, sha256 } of this.#end?.files ?? []) {
      const copy = own.get(file);
      const has = copy?.bytes ?? 0;
      if (has < bytes) missing.push({ file, fromByte: has, toByte: bytes });
      // An empty file lacks no byte, and is missing as a whole.
      else if (copy === undefined) missing.push({ file, fromByte: 0, toByte: 0 });
      else if (copy.sha256 !== sha256 && !this.#missing.has(file)) {
        if (!(await this.#beginsAs(file, bytes, sha256))) differing.push(file);
        else if (mends) await this.#cut(file, bytes);
        else longer.push(file);
      }
    }
    for (const { file, bytes } of this.#end?.givenUp ?? []) {
      const has = own.get(file)?.bytes ?? 0;
      if (has < bytes) missing.push({ file, fromByte: has, toByte: bytes, isGivenUp: true });
    }
    const lost = this.#end?.lost?.map((file) => ({ file, bytes: own.get(file)?.bytes ?? 0 }));
    const refused = [...this.#refused];
    return {
      ...{ hasEnded: this.#end !== undefined, missing, differing },
      ...(refused.length > 0 && { refused }),
      ...(lost !== undefined && { lost }),
      ...(longer.length > 0 && { longer }),
    };
  }

  /** Whether a file is longer than it should be, and all of it that should be there is. */
  async #beginsAs(file: string, bytes: number, sha256: string): Promise<boolean> {
    const path = join(this.dir, file);
    return (await stat(path)).size > bytes && (await digestOfFile(path, bytes)) === sha256;
  }

  /** What a probe took back as it resumed is no part of the file. */
  async #cut(file: string, bytes: number): Promise<void> {
    await truncate(join(this.dir, file), bytes);
    this.#sizes.delete(file);
  }

  async #write(piece: Piece, contents: Uint8Array): Promise<void> {
    const { file: name, offset, whole = false } = piece;
    // Somebody may have removed it meanwhile, with what had arrived.
    const { file, isNew } = await openOrMake(join(this.dir, name));
    try {
      if (isNew) this.#sizes.delete(name);
      const size = this.#sizes.get(name) ?? (await file.stat()).size;
      const end = whole ? 0 : size;
      const gap = Math.max(0, offset - end);
      if (this.#gapBytes + gap > MOST_GAP_BYTES) return;
      this.#gapBytes += gap;
      if (whole && size > 0) await file.truncate(0);
      await file.write(contents, 0, contents.length, offset);
      this.#sizes.set(name, Math.max(end, offset + contents.length));
      this.#noteGaps(piece, end);
    } finally {
      await file.close();
    }
  }

  /** What lies between the end of the file and a piece has not arrived; what a piece covers has. */
  #noteGaps({ file, offset, bytes }: Piece, end: number): void {
    const gaps = this.#missing.get(file) ?? [];
    if (offset > end) gaps.push({ file, fromByte: end, toByte: offset });
    const left = gaps.flatMap((gap) =>
      [
        { ...gap, toByte: Math.min(gap.toByte, offset) },
        { ...gap, fromByte: Math.max(gap.fromByte, offset + bytes) },
      ].filter(({ fromByte, toByte }) => fromByte < toByte),
    );
    if (left.length === 0) this.#missing.delete(file);
    else this.#missing.set(file, left);
  }
}

/** A file to write into, as it is; one that is not there is made, and its folder. */
async function openOrMake(path: string): Promise<{ readonly file: FileHandle; readonly isNew: boolean }> {
  try {
    return { file: await open(path, constants.O_RDWR), isNew: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return { file: await open(path, constants.O_RDWR | constants.O_CREAT), isNew: true };
  }
}
