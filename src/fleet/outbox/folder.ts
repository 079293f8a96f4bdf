import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SESSION_FILES } from '../../store/files.ts';
import { isFileName, type Piece } from '../run-part.ts';

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
}

/** Seconds of a soak that no window has taken up: its windows tell the same, and what is left at its end is sent. */
const PASSING = `${SESSION_FILES.recent}/`;

/** The files of a run's folder, and of folders in it; in order. */
async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const nested = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      const inner = await readdir(join(dir, entry.name), { withFileTypes: true });
      return inner.flatMap((each) => (each.isFile() ? [`${entry.name}/${each.name}`] : []));
    }),
  );
  return nested
    .flat()
    .filter((name) => !DRAFT.test(name))
    .sort();
}

/**
 * What has been written since: the pieces of one message, none if nothing has.
 * @param isFinal nothing is written any more: the rest of a line is sent, too, and what may not change meanwhile
 */
export async function nextPieces(dir: string, sent: SentFolder, isFinal: boolean): Promise<Piece[]> {
  const files = (await listFiles(dir)).filter(
    (file) => isFileName(file) && (isFinal || !file.startsWith(PASSING)),
  );
  const grown = await fill(
    files.filter((file) => GROWING.test(file)),
    (file) => nextOfGrowing(dir, file, sent.bytes.get(file), isFinal),
  );
  if (grown.length > 0) return grown;
  // Apart from the others: if one has been written anew before its message was stored, the message is dropped.
  return fill(
    files.filter((file) => !GROWING.test(file)),
    (file) => nextOfWhole(dir, file, sent, isFinal),
  );
}

/** The next piece of each file, until a message is full. */
async function fill(
  files: readonly string[],
  next: (file: string) => Promise<Piece | undefined>,
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  let room = MOST_PART_BYTES;
  for (const file of files) {
    if (room < MOST_PIECE_BYTES) break;
    const piece = await next(file);
    if (piece === undefined) continue;
    pieces.push(piece);
    room -= piece.bytes;
  }
  return pieces;
}

async function nextOfGrowing(
  dir: string,
  file: string,
  sentBytes: number | undefined,
  isFinal: boolean,
): Promise<Piece | undefined> {
  const { size } = await stat(join(dir, file));
  // A file that stays empty is one of the folder, too.
  if (size === 0 && isFinal && sentBytes === undefined) return { file, offset: 0, bytes: 0 };
  const offset = sentBytes ?? 0;
  const most = Math.min(size - offset, MOST_PIECE_BYTES);
  if (most <= 0) return undefined;
  if (isFinal || !LINES.test(file)) return { file, offset, bytes: most };
  const contents = await readPiece(dir, { file, offset, bytes: most });
  const end = contents?.lastIndexOf(NEWLINE) ?? -1;
  // A line that is longer than a piece is sent in several.
  if (end < 0) return most < MOST_PIECE_BYTES ? undefined : { file, offset, bytes: most };
  return { file, offset, bytes: end + 1 };
}

async function nextOfWhole(
  dir: string,
  file: string,
  { bytes, wholes }: SentFolder,
  isFinal: boolean,
): Promise<Piece | undefined> {
  const contents = await readFile(join(dir, file));
  if (wholes.get(file) === digestOf(contents)) return undefined;
  if (contents.length <= MOST_PIECE_BYTES) return { file, offset: 0, bytes: contents.length, whole: true };
  if (!isFinal) return undefined;
  const offset = bytes.get(file) ?? 0;
  const most = Math.min(contents.length - offset, MOST_PIECE_BYTES);
  if (most <= 0) return undefined;
  return { file, offset, bytes: most, ...(offset === 0 && { whole: true as const }) };
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
