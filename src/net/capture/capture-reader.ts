import { BIG, LITTLE } from './byte-order.ts';
import { Chunks } from './chunks.ts';
import { FrameSink } from './frame-sink.ts';
import { FILE_HEADER_BYTES, type Format, MICROSECONDS, NANOSECONDS, PATCHED, PcapFormat } from './pcap.ts';
import { PcapngFormat } from './pcapng.ts';
import { BLOCK } from './pcapng-blocks.ts';
import { CaptureError, type CaptureFacts, createFacts, type OnFrame } from './types.ts';

/** Initial room; more is made for larger pieces and frames. */
const BUFFER_BYTES = 64 * 1024;

/** First bytes of files that may contain a compressed capture, and the tool that unpacks them. */
const PACKED: readonly (readonly [number, string])[] = [
  [0x28b5_2ffd, 'zstd'],
  [0xfd37_7a58, 'xz'],
  [0x425a_6839, 'bzip2'],
];

/**
 * Reads a capture that arrives in pieces of any size: pcap or pcapng, of either byte order, not compressed. Its memory
 * does not grow with the capture.
 */
export class CaptureReader {
  readonly #facts = createFacts();
  readonly #sink: FrameSink;
  readonly #chunks = new Chunks(BUFFER_BYTES);
  #format: Format | undefined;
  #isBroken = false;

  /** @param onFrame called for each frame in turn; must not keep it */
  constructor(onFrame: OnFrame) {
    this.#sink = new FrameSink(this.#facts, onFrame);
  }

  /**
   * Reads all frames that are complete with these bytes. Damage after the first frame is recorded in `faults`, and ends
   * the reading.
   * @throws CaptureError if it is not a capture, or damaged before its first frame; errors of `onFrame`
   */
  push(chunk: Uint8Array): void {
    if (this.#isBroken) return;
    const chunks = this.#chunks;
    chunks.add(chunk);
    try {
      if (this.#format === undefined) {
        if (chunks.length < FILE_HEADER_BYTES) return;
        this.#format = this.#chooseFormat();
      }
      chunks.drop(this.#format.read(chunks.bytes, chunks.from, chunks.end));
    } catch (error) {
      if (!(error instanceof CaptureError) || this.#facts.frames === 0) throw error;
      this.#isBroken = true;
      this.#facts.faults.add(error.message);
    }
  }

  /**
   * @param reason why it ends early, in words; default: it does not
   * @returns what is known of the whole capture; if its last frame is incomplete, `faults` says so
   * @throws CaptureError if it is not a capture
   */
  end(reason?: string): CaptureFacts {
    const { frames, faults, wholeBytes } = this.#facts;
    if (this.#format === undefined) {
      if (reason !== undefined) throw new CaptureError(reason);
      throw new CaptureError(
        this.#chunks.length === 0 ? 'is empty' : 'is not a capture: it has too few bytes',
      );
    }
    if (reason !== undefined) faults.add(reason);
    if (!this.#isBroken && this.#chunks.length > 0)
      faults.add(
        `breaks off after frame ${frames}: ${wholeBytes} bytes could be read, ${this.#chunks.length} could not`,
      );
    return this.#facts;
  }

  #chooseFormat(): Format {
    const { bytes, from } = this.#chunks;
    const magic = BIG.u32(bytes, from);
    if (magic === BLOCK.SECTION_HEADER) return new PcapngFormat(this.#sink);
    for (const order of [LITTLE, BIG]) {
      const word = order.u32(bytes, from);
      if (word === PATCHED)
        throw new CaptureError('is a pcap of an old patched libpcap; rewrite it with editcap');
      if (word !== MICROSECONDS && word !== NANOSECONDS) continue;
      const header = bytes.slice(from, from + FILE_HEADER_BYTES);
      this.#chunks.drop(from + FILE_HEADER_BYTES);
      this.#facts.wholeBytes = FILE_HEADER_BYTES;
      return new PcapFormat(header, order, word === NANOSECONDS, this.#sink);
    }
    const [, tool] = PACKED.find(([first]) => first === magic) ?? [];
    throw new CaptureError(
      tool === undefined
        ? 'is not a capture: neither pcap nor pcapng'
        : `is compressed; unpack it with ${tool} first`,
    );
  }
}
