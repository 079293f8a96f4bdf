import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A folder, a pipe or a device bears the name of a file. */
export class NotRegular extends Error {
  constructor() {
    super('it is not a regular file');
  }
}

/**
 * Opens what is a file of a results folder for reading. In a folder from elsewhere anything may bear its name: a pipe would
 * be waited for without end, and a device has no end.
 * @throws NotRegular, or Error of the system
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NONBLOCK = 0 } = constants;
  const handle = await open(path, O_RDONLY | O_NONBLOCK);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw new NotRegular();
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const PART_BYTES = 65_536;
/** Many times as large as any file that users write by hand. */
const MOST_NAMED_BYTES = 2 ** 20;

/** Larger than any file of its name that was ever written. */
export class TooLarge extends Error {
  constructor(mostBytes: number) {
    super(`it is larger than ${mostBytes / 2 ** 20} MiB`);
  }
}

/**
 * The whole text of such a file.
 * @param mostBytes larger ones are refused: they would be read into memory
 * @throws NotRegular, TooLarge, or Error of the system
 */
export async function readRegular(path: string, mostBytes: number): Promise<string> {
  return (await readRegularBytes(path, mostBytes)).toString('utf8');
}

/**
 * The same as bytes.
 * @throws NotRegular, TooLarge, or Error of the system
 */
export async function readRegularBytes(path: string, mostBytes = MOST_NAMED_BYTES): Promise<Buffer> {
  const handle = await openRegular(path);
  try {
    const { size } = await handle.stat();
    if (size <= mostBytes) return await handle.readFile();
    throw new TooLarge(mostBytes);
  } finally {
    await handle.close();
  }
}

/**
 * The whole text of what the user names: a file, or a pipe of the shell's, but no more than so much of it, as of a device that has no
 * end. One that nobody writes to yet is waited for, as by any program.
 * @throws TooLarge, or Error of the system
 */
export async function readNamed(path: string, mostBytes = MOST_NAMED_BYTES): Promise<string> {
  return (await readNamedBytes(path, mostBytes)).toString('utf8');
}

/**
 * The same as bytes.
 * @throws TooLarge, or Error of the system
 */
export async function readNamedBytes(path: string, mostBytes = MOST_NAMED_BYTES): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let left = mostBytes; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, null);
      if (bytesRead === 0) return Buffer.concat(parts);
      left -= bytesRead;
      if (left < 0) throw new TooLarge(mostBytes);
      parts.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/**
 * The same where a flag is parsed, which cannot wait.
 * @throws TooLarge, or Error of the system
 */
export function readNamedSync(path: string, mostBytes = MOST_NAMED_BYTES): Buffer {
  const file = openSync(path, 'r');
  try {
    const parts: Buffer[] = [];
    for (let left = mostBytes; ; ) {
      const part = Buffer.alloc(PART_BYTES);
      const bytesRead = readSync(file, part);
      if (bytesRead === 0) return Buffer.concat(parts);
      left -= bytesRead;
      if (left < 0) throw new TooLarge(mostBytes);
      parts.push(part.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
}

/**
 * The text of what is read from standard input, bounded alike.
 * @throws TooLarge
 */
export async function readPiped(
  input: AsyncIterable<string | Uint8Array>,
  mostBytes = MOST_NAMED_BYTES,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let left = mostBytes;
  for await (const given of input) {
    const part = Buffer.from(given);
    left -= part.length;
    if (left < 0) throw new TooLarge(mostBytes);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
