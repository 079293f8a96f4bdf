import { constants } from 'node:fs';
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
  const handle = await openRegular(path);
  try {
    const { size } = await handle.stat();
    if (size <= mostBytes) return await handle.readFile('utf8');
    throw new TooLarge(mostBytes);
  } finally {
    await handle.close();
  }
}
