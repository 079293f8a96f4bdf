import { openRegular } from '../bounded-file.ts';
import { failUnlessMissing } from './read-lines.ts';

const LINE_FEED = 10;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Passes every line of a file on as bytes, without decoding it: if most lines are skipped, 100 MB take a fraction of a
 * second. A last line without a line feed was truncated and is skipped. A file that does not exist has no lines.
 * @param take receives a buffer that is reused after it returns, and where in it the line begins and ends
 */
export async function eachLine(
  path: string,
  take: (bytes: Buffer, start: number, end: number) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    const stream = (await openRegular(path)).createReadStream({ highWaterMark: CHUNK_BYTES });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(LINE_FEED, start);
        if (end < 0) break;
        take(bytes, start, end);
        start = end + 1;
      }
      rest = Buffer.from(bytes.subarray(start));
    }
  } catch (error) {
    failUnlessMissing(path, error);
  }
}
