import { mkdir, open, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Piece, RunPart } from '../messages.ts';
import { sumUpFolder } from '../outbox/folder.ts';

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
}

/**
 * The folder of a probe's run, as its messages build it up. Each piece has its place, so that one that comes twice, or
 * overlaps another, changes nothing.
 */
export class RunCopy {
  readonly dir: string;
  readonly #missing = new Map<string, MissingBytes[]>();
  #end: Extract<RunPart, { kind: 'end' }> | undefined;

  constructor(dir: string) {
    this.dir = dir;
  }

  async add(part: RunPart, contents: readonly Uint8Array[]): Promise<void> {
    if (part.kind === 'end') {
      this.#end = part;
      return;
    }
    for (const [index, piece] of part.pieces.entries()) await this.#write(piece, contents[index]!);
  }

  /** Compares the folder with what the probe says that it has. */
  async check(): Promise<CopyState> {
    const own = new Map((await sumUpFolder(this.dir).catch(() => [])).map((each) => [each.file, each]));
    const missing = [...this.#missing.values()].flat();
    const differing: string[] = [];
    for (const { file, bytes, sha256 } of this.#end?.files ?? []) {
      const copy = own.get(file);
      const has = copy?.bytes ?? 0;
      if (has < bytes) missing.push({ file, fromByte: has, toByte: bytes });
      else if (copy?.sha256 !== sha256 && !this.#missing.has(file)) differing.push(file);
    }
    for (const { file, bytes } of this.#end?.givenUp ?? []) {
      const has = own.get(file)?.bytes ?? 0;
      if (has < bytes) missing.push({ file, fromByte: has, toByte: bytes, isGivenUp: true });
    }
    return { hasEnded: this.#end !== undefined, missing, differing };
  }

  async #write(piece: Piece, contents: Uint8Array): Promise<void> {
    const path = join(this.dir, piece.file);
    await mkdir(dirname(path), { recursive: true });
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (piece.whole === true && size !== undefined) await truncate(path, 0);
    const end = piece.whole === true ? 0 : (size ?? 0);
    const file = await open(path, size === undefined ? 'w' : 'r+');
    try {
      await file.write(contents, 0, contents.length, piece.offset);
    } finally {
      await file.close();
    }
    this.#noteGaps(piece, end);
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
