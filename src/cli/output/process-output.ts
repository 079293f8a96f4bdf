import type { WriteStream } from 'node:tty';

/** Where text goes. */
export interface Output {
  /** Never throws: output must not end what it reports on. */
  write(text: string): void;
  /** Why something could not be written, a reader that went away aside; absent as long as all could be. */
  readonly fault?: Error | undefined;
  readonly isTTY: boolean;
  /** Of the terminal at this moment; infinite if there is none. */
  readonly columns: number;
}

/** Of a pipe without a reader (`| head`), and of a terminal that went away (tty_ioctl(2), write(2)). */
const GONE = ['EPIPE', 'EIO'];

/**
 * Writes to a stream as long as possible and never fails: if the reader goes away, output ends; if the disk is full,
 * that output is lost (write(2): ENOSPC, EDQUOT). Neither ends the run.
 */
export function createOutput(stream: NodeJS.WriteStream): Output {
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
        stream.write(text);
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
