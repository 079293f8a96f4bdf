import type { Readable } from 'node:stream';

export interface FirstLine {
  readonly line: string;
  /** What arrived with it and belongs to what follows. */
  readonly rest: Uint8Array;
}

/** The other side sent no line: nothing, too much, or too late. The message says which. */
export class NoLineError extends Error {
  override readonly name = 'NoLineError';
}

/**
 * Reads a first line and leaves the stream paused, so that nothing of what follows is lost.
 * @param maxBytes longest line, its end included
 * @throws NoLineError
 */
export function readFirstLine(stream: Readable, maxBytes: number, timeoutMs: number): Promise<FirstLine> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      stream.pause();
      stream.off('data', take).off('end', ended).off('close', ended).off('error', failed);
      act();
    };
    const fail = (why: string): void => settle(() => reject(new NoLineError(why)));
    const ended = (): void => fail('closed the connection');
    const failed = (error: Error): void => fail(`failed: ${error.message}`);
    const take = (chunk: Uint8Array): void => {
      chunks.push(chunk);
      const at = chunk.indexOf(0x0a);
      bytes += at === -1 ? chunk.length : at + 1;
      if (bytes > maxBytes) fail(`sent a line of more than ${maxBytes} bytes`);
      else if (at !== -1) {
        const all = Buffer.concat(chunks);
        const line = all.toString('utf8', 0, bytes - 1);
        settle(() => resolve({ line, rest: all.subarray(bytes) }));
      }
    };
    const timer = setTimeout(() => fail(`said nothing within ${timeoutMs / 1_000} s`), timeoutMs);
    stream.on('data', take).on('end', ended).on('close', ended).on('error', failed);
  });
}
