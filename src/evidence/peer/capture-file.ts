import { closeSync, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { EnvironmentError } from '../../errors.ts';

/**
 * A new file that is written at once, piece by piece: it is whole whenever this process dies. What cannot be written is said once,
 * and dropped from then on.
 * @param say tells what happens, in a line
 * @throws EnvironmentError if it exists or cannot be made
 */
export function createCaptureFile(path: string, say: (line: string) => void): Writable {
  const fd = open(path);
  let isBroken = false;
  return new Writable({
    write(piece: Uint8Array, _encoding, done) {
      try {
        // A piece that was written in part would make what follows it unreadable.
        if (!isBroken) for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
      } catch (error) {
        isBroken = true;
        say(`cannot write ${path} any further (${(error as Error).message}); the capture ends here`);
      }
      done();
    },
    final(done) {
      closeSync(fd);
      done();
    },
  });
}

function open(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint =
      code === 'EEXIST'
        ? 'remove it, or choose another name'
        : 'choose a file in a folder that exists and that you may write to';
    throw new EnvironmentError(`cannot create ${path} (${message})`, { hint, cause });
  }
}
