import type { ContentCheck } from '../http/content-check.ts';
import { COMPLETE, type PushResult, ResponseParser } from '../http/response-parser.ts';

/** The kind of request: it determines whether the response has a body (RFC 9112 section 6.3). */
export type RequestKind = 'connect' | 'head' | 'other';

/** A response being read: one slot of a parser that all attempts share. */
export interface Exchange {
  /** Prepares for another response on the same connection. */
  expect(asked: RequestKind): void;
  /** Sets the check that inspects the next response; undefined for none. */
  watch(check: ContentCheck | undefined): void;
  push(bytes: Uint8Array, count: number): PushResult;
  /** Offset up to which the last push consumed bytes of the head. */
  headEnd(): number;
  /** Offset up to which the last push consumed bytes of the response; what follows is not part of it. */
  end(): number;
  /** Whether the head of the final response has been read. */
  isHeadOver(): boolean;
  /** Whether the head has been read and only the far end's close ends the body. */
  closeDelimited(): boolean;
  /** Whether the far end's close completes the response. */
  completesAtEnd(): boolean;
  status(): number;
  /** Releases the slot. */
  close(): void;
}

/** Slots for the maximum number of open exchanges. */
export class ExchangePool {
  readonly #parser: ResponseParser;
  readonly #free: number[];
  /** By slot; nothing is inspected until the first one is set. */
  readonly #checks: (ContentCheck | undefined)[] = [];

  constructor(size: number) {
    this.#parser = new ResponseParser(size);
    this.#free = Array.from({ length: size }, (_, slot) => slot);
  }

  #watch(slot: number, check: ContentCheck | undefined): void {
    if (check === undefined && this.#parser.watchBody === undefined) return;
    this.#checks[slot] = check;
    this.#parser.watchBody ??= (watched, bytes, from, to) => this.#checks[watched]?.takeBody(bytes, from, to);
  }

  /** @throws RangeError if more are taken than the pool holds */
  take(): Exchange {
    const slot = this.#free.pop();
    if (slot === undefined) throw new RangeError('more attempts are open than maxOpen allows');
    const parser = this.#parser;
    parser.reset(slot, false);
    return {
      expect(asked) {
        if (asked === 'connect') parser.resetForConnect(slot);
        else parser.reset(slot, asked === 'head');
      },
      push: (bytes, count) => parser.push(slot, bytes, 0, count),
      headEnd: () => parser.headEnd,
      end: () => parser.end,
      isHeadOver: () => parser.isHeadOver(slot),
      closeDelimited: () => parser.closeDelimited(slot),
      completesAtEnd: () => parser.eof(slot) === COMPLETE,
      watch: (check) => this.#watch(slot, check),
      status: () => parser.status(slot),
      close: () => {
        this.#watch(slot, undefined);
        this.#free.push(slot);
      },
    };
  }
}
