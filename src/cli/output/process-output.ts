import type { WriteStream } from 'node:tty';

/** An output stream. */
export interface Output {
  /** Never throws: output must not end the run that it reports. */
  write(text: string): void;
  /** Why output could not be written, other than a lost reader; absent if all was. */
  readonly fault?: Error | undefined;
  readonly isTTY: boolean;
  /** Current width of the terminal; infinite if there is none. */
  readonly columns: number;
}

/** Errors of a pipe without a reader (`| head`) and of a lost terminal (tty_ioctl(2), write(2)). */
const GONE = ['EPIPE', 'EIO'];

/**
 * Writes to a stream as long as possible and never fails: if the reader goes away, output ends; if the disk is full,
 * that output is lost (write(2): ENOSPC, EDQUOT). Neither ends the run.
 * @param shape changes what is written
 */
export function createOutput(
  stream: NodeJS.WriteStream,
  shape: (text: string) => string = (text) => text,
): Output {
  let gone = false;
  let fault: Error | undefined;
  const hear = (error: NodeJS.ErrnoException): void => {
    if (GONE.includes(error.code ?? '')) gone = true;
    else fault ??= error;
  };
  stream.on('error', hear);
  return {
    write(text) {
      if (gone) return;
      try {
        stream.write(shape(text));
      } catch (error) {
        hear(error as NodeJS.ErrnoException);
      }
    },
    get fault() {
      return fault;
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return (stream as Partial<WriteStream>).columns || Number.POSITIVE_INFINITY;
    },
  };
}
