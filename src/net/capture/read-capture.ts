import { createReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CaptureReader } from './capture-reader.ts';
import type { CaptureFacts, OnFrame } from './types.ts';

/** Bytes read or unpacked at a time: larger pieces take more memory and are no faster. */
const CHUNK_BYTES = 64 * 1024;

/** First bytes (RFC 1952 section 2.3.1). */
const GZIP = [0x1f, 0x8b] as const;

/**
 * Reads a capture from beginning to end, whatever its size: pcap or pcapng, of either byte order, optionally compressed
 * by gzip. It is opened once and only read forwards, so a pipe works.
 *
 * @param onFrame called for each frame in turn; must not keep it; an error that it throws ends the reading
 * @param onBytes called after each piece, with the bytes of the file that were read so far
 * @returns what is known of the whole capture; a file that is damaged or breaks off is read up to that point, and
 * `faults` says so
 * @throws CaptureError if the file is not a capture; the system's error if it cannot be read
 */
export async function readCapture(
  path: string,
  onFrame: OnFrame,
  onBytes?: (bytes: number) => void,
): Promise<CaptureFacts> {
  const reader = new CaptureReader(onFrame);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let unpacker: Unpacker | undefined;
  let beginning: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of file) {
    let bytes: Uint8Array = chunk;
    if (beginning !== undefined) {
      bytes = beginning.length === 0 ? bytes : Buffer.concat([beginning, bytes]);
      if (bytes.length < GZIP.length) {
        beginning = bytes;
        continue;
      }
      beginning = undefined;
      if (GZIP.every((byte, index) => bytes[index] === byte)) unpacker = new Unpacker(reader);
    }
    if (unpacker === undefined) reader.push(bytes);
    else if (!(await unpacker.push(bytes))) break;
    onBytes?.(file.bytesRead);
  }
  if (beginning !== undefined) reader.push(beginning);
  return reader.end(await unpacker?.end());
}

/** Unpacks gzip into a reader. */
class Unpacker {
  readonly #gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  #error: unknown;
  #goOn: () => void = () => {};

  constructor(reader: CaptureReader) {
    this.#gunzip.on('data', (bytes: Uint8Array) => {
      try {
        reader.push(bytes);
      } catch (error) {
        this.#gunzip.destroy(error as Error);
      }
    });
    this.#gunzip.on('error', (error) => {
      this.#error ??= error;
    });
    this.#gunzip.on('close', () => this.#goOn());
  }

  /**
   * Returns once the bytes are unpacked, so that damage in the next ones does not affect these.
   * @returns whether it continues
   * @throws errors of the reader
   */
  async push(bytes: Uint8Array): Promise<boolean> {
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      // After an error the stream closes; until then it may not have reported which error it was.
      this.#gunzip.write(bytes, (error) => {
        if (!error) resolve();
      });
    });
    this.#throwUnlessDamage();
    return this.#error === undefined;
  }

  /** @returns why it ends too early, in words; undefined if it does not */
  async end(): Promise<string | undefined> {
    if (this.#error === undefined) {
      this.#gunzip.end();
      await finished(this.#gunzip).catch((error: unknown) => {
        this.#error ??= error;
      });
    }
    this.#throwUnlessDamage();
    if (this.#error === undefined) return undefined;
    return isCutShort(this.#error)
      ? 'breaks off: its compression has no end'
      : 'is damaged: the rest cannot be unpacked';
  }

  #throwUnlessDamage(): void {
    if (this.#error !== undefined && !codeOf(this.#error).startsWith('Z_')) throw this.#error;
  }
}

function isCutShort(error: unknown): boolean {
  return codeOf(error) === 'Z_BUF_ERROR';
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
