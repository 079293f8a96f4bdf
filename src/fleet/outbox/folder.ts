import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SESSION_FILES } from '../../store/files.ts';
import { isFileName } from '../../store/fleet-file.ts';
import type { Piece } from '../run-part.ts';

/** Most bytes of one piece, and of all pieces of a message; the server takes half a megabyte. */
export const MOST_PIECE_BYTES = 262_144;
export const MOST_PART_BYTES = 393_216;

/** These only ever grow. All others are small, and written anew as a whole. */
const GROWING = /\.(?:jsonl|hlog|pcapng)$/;
/** Half of a line means nothing to whoever follows a run. */
const LINES = /\.(?:jsonl|hlog)$/;
/** A file that is just being written beside the one that it will replace. */
const DRAFT = /\.new$|^\./;

const NEWLINE = 10;

/** How far a folder has been sent. */
export interface SentFolder {
  /** Bytes, of files that grow; and of others that are too large for one piece. */
  readonly bytes: Map<string, number>;
  /** SHA-256 of others as they were last sent. */
  readonly wholes: Map<string, string>;
  /** Of others, what the system said of them before they were last read, and their SHA-256 then. */
  readonly read: Map<string, { readonly stamp: string; readonly digest: string }>;
}

/** A piece with its contents. */
export interface ReadPiece {
  readonly piece: Piece;
  readonly contents: Buffer;
  /** The file has more, which the piece does not hold. */
  readonly isCut: boolean;
}

/** Seconds of a soak that no window has taken up: its windows tell the same, and what is left at its end is sent. */
const PASSING = `${SESSION_FILES.recent}/`;

/** The files of a run's folder, and of folders in it; in order. What somebody has removed has none. */
async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(ifGone([]));
  const nested = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      const inner = await readdir(join(dir, entry.name), { withFileTypes: true }).catch(ifGone([]));
      return inner.flatMap((each) => (each.isFile() ? [`${entry.name}/${each.name}`] : []));
    }),
  );
  return nested
    .flat()
    .filter((name) => !DRAFT.test(name))
    .sort();
}

/** For what may have been removed meanwhile. */
function ifGone<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return instead;
    throw error;
  };
}

/**
 * What has been written since, as one message after the other: what one has counts as sent only if that is noted before
 * the next is asked for. What is written meanwhile is left for the next call.
 * @param isFinal nothing is written any more: the rest of a line is sent, too, and what may not change meanwhile
 */
export async function* unsentMessages(
  dir: string,
  sent: SentFolder,
  isFinal: boolean,
): AsyncGenerator<readonly ReadPiece[]> {
  const files = (await listFiles(dir)).filter(
    (file) => isFileName(file) && (isFinal || !file.startsWith(PASSING)),
  );
  yield* fillMessages(
    files.filter((file) => GROWING.test(file)),
    (file) => nextOfGrowing(dir, file, sent.bytes.get(file), isFinal),
  );
  // Apart from the others: if one has been written anew before its message was stored, the message is dropped.
  yield* fillMessages(
    files.filter((file) => !GROWING.test(file)),
    (file) => nextOfWhole(dir, file, sent, isFinal),
  );
}

/** The next piece of each file, until a message is full, and again while there is more. */
async function* fillMessages(
  files: readonly string[],
  next: (file: string) => Promise<ReadPiece | undefined>,
): AsyncGenerator<readonly ReadPiece[]> {
  for (let left = files; left.length > 0; ) {
    const pieces: ReadPiece[] = [];
    const later: string[] = [];
    let room = MOST_PART_BYTES;
    for (const file of left) {
      if (room < MOST_PIECE_BYTES) {
        later.push(file);
        continue;
      }
      const found = await next(file);
      if (found === undefined) continue;
      pieces.push(found);
      room -= found.piece.bytes;
      if (found.isCut) later.push(file);
    }
    if (pieces.length > 0) yield pieces;
    left = later;
  }
}

async function nextOfGrowing(
  dir: string,
  file: string,
  sentBytes: number | undefined,
  isFinal: boolean,
): Promise<ReadPiece | undefined> {
  const size = await stat(join(dir, file)).then(({ size }) => size, ifGone(undefined));
  if (size === undefined) return undefined;
  const offset = sentBytes ?? 0;
  const bytes = Math.min(size - offset, MOST_PIECE_BYTES);
  // A file that stays empty is one of the folder, too.
  if (size === 0 && isFinal && sentBytes === undefined)
    return { piece: { file, offset: 0, bytes: 0 }, contents: Buffer.alloc(0), isCut: false };
  if (bytes <= 0) return undefined;
  const contents = await readPiece(dir, { file, offset, bytes });
  if (contents === undefined) return undefined;
  const end = isFinal || !LINES.test(file) ? bytes : contents.lastIndexOf(NEWLINE) + 1;
  // A line that is longer than a piece is sent in several.
  if (end === 0 && bytes < MOST_PIECE_BYTES) return undefined;
  const taken = end === 0 ? bytes : end;
  return {
    ...{ piece: { file, offset, bytes: taken }, contents: contents.subarray(0, taken) },
    isCut: bytes === MOST_PIECE_BYTES,
  };
}

async function nextOfWhole(
  dir: string,
  file: string,
  { bytes, wholes, read }: SentFolder,
  isFinal: boolean,
): Promise<ReadPiece | undefined> {
  const found = await stat(join(dir, file)).catch(ifGone(undefined));
  if (found === undefined) return undefined;
  const { ino, size, mtimeMs, ctimeMs } = found;
  const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  const before = read.get(file);
  // At the end it is read whatever its times say: a file system may have coarse ones.
  if (!isFinal && before?.stamp === stamp && before.digest === wholes.get(file)) return undefined;
  const contents = await readFile(join(dir, file));
  const digest = digestOf(contents);
  read.set(file, { stamp, digest });
  if (wholes.get(file) === digest) return undefined;
  if (contents.length <= MOST_PIECE_BYTES)
    return { piece: { file, offset: 0, bytes: contents.length, whole: true }, contents, isCut: false };
  if (!isFinal) return undefined;
  const offset = bytes.get(file) ?? 0;
  const most = Math.min(contents.length - offset, MOST_PIECE_BYTES);
  if (most <= 0) return undefined;
  return {
    piece: { file, offset, bytes: most, ...(offset === 0 && { whole: true as const }) },
    contents: contents.subarray(offset, offset + most),
    isCut: offset + most < contents.length,
  };
}

/** The contents of pieces, in their order; undefined if one of them is not there any more as it was. */
export async function readPieces(dir: string, pieces: readonly Piece[]): Promise<Buffer[] | undefined> {
  const contents: Buffer[] = [];
  for (const piece of pieces) {
    const read = await readPiece(dir, piece);
    if (read === undefined) return undefined;
    contents.push(read);
  }
  return contents;
}

/** @returns undefined if the file has gone, or is shorter */
export async function readPiece(
  dir: string,
  { file, offset, bytes }: Pick<Piece, 'file' | 'offset' | 'bytes'>,
): Promise<Buffer | undefined> {
  try {
    const handle = await open(join(dir, file), 'r');
    try {
      const contents = Buffer.alloc(bytes);
      let read = 0;
      while (read < bytes) {
        const { bytesRead } = await handle.read(contents, read, bytes - read, offset + read);
        if (bytesRead === 0) return undefined;
        read += bytesRead;
      }
      return contents;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Notes that a piece is at the server. */
export function noteSent({ bytes, wholes }: SentFolder, piece: Piece, contents: Uint8Array): void {
  if (piece.whole === true) wholes.set(piece.file, digestOf(contents));
  // A file that was sent in one piece begins anew if it changes.
  if (piece.whole === true && piece.bytes < MOST_PIECE_BYTES) bytes.delete(piece.file);
  else bytes.set(piece.file, Math.max(bytes.get(piece.file) ?? 0, piece.offset + piece.bytes));
}

/** SHA-256, in hexadecimal digits. */
export function digestOf(contents: Uint8Array | string): string {
  return createHash('sha256').update(contents).digest('hex');
}

/** Size and SHA-256 of each file, for whoever receives them; also of those whose names nobody takes. */
export async function sumUpFolder(dir: string): Promise<{ file: string; bytes: number; sha256: string }[]> {
  const files = await listFiles(dir);
  return Promise.all(
    files.map(async (file) => {
      const { size: bytes } = await stat(join(dir, file));
      return { file, bytes, sha256: await digestOfFile(join(dir, file), bytes) };
    }),
  );
}

/**
 * What somebody has removed of a folder: files of which something was sent, and that are not there any more.
 * @param there the files that are
 * @returns undefined if nothing, and the folder is there
 */
export async function findLost(
  dir: string,
  { bytes, wholes }: SentFolder,
  there: readonly { readonly file: string }[],
): Promise<string[] | undefined> {
  const left = new Set(there.map(({ file }) => file));
  const lost = [...new Set([...wholes.keys(), ...bytes.keys()])].filter((file) => !left.has(file)).sort();
  const isThere = await stat(dir).then(() => true, ifGone(false));
  return isThere && lost.length === 0 ? undefined : lost;
}

/** SHA-256 of the first bytes of a file, in hexadecimal digits. */
export async function digestOfFile(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) {
    const handle = await open(path, 'r');
    for await (const chunk of handle.createReadStream({ end: bytes - 1 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

export interface UnsentFile {
  readonly file: string;
  readonly bytes: number;
  /** Of these, not at the server yet. */
  readonly unsentBytes: number;
}

/** Files with something that is not at the server yet. */
export async function listUnsent(dir: string, sent: SentFolder): Promise<UnsentFile[]> {
  const unsent: UnsentFile[] = [];
  for (const file of (await listFiles(dir).catch(() => [])).filter(isFileName)) {
    const bytes = await stat(join(dir, file)).then(
      ({ size }) => size,
      () => 0,
    );
    const unsentBytes = sent.wholes.has(file) ? 0 : bytes - (sent.bytes.get(file) ?? 0);
    if (unsentBytes > 0) unsent.push({ file, bytes, unsentBytes });
  }
  return unsent;
}

/** What is given up first, and next, if too much waits: packets; then whatever grows with a run. Its sums never. */
export const GIVEN_UP: readonly ((file: string) => boolean)[] = [
  (file) => /^(?:capture\/|evidence\.jsonl$|far\.jsonl$)/.test(file),
  (file) => GROWING.test(file),
];
