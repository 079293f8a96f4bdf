import { closeSync, openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { EnvironmentError } from '../../errors.ts';

/**
 * A new file, written synchronously piece by piece, so that it is valid whenever this process dies. If it cannot be written,
 * that is reported once, and everything from then on is dropped.
 * @param say reports what happens, in one line
 * @throws EnvironmentError if it exists or cannot be created
 */
export function createCaptureFile(path: string, say: (line: string) => void): Writable {
  const fd = open(path);
  let isBroken = false;
  return new Writable({
    write(piece: Uint8Array, _encoding, done) {
      try {
        // A partly written piece would make everything after it unreadable.
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
