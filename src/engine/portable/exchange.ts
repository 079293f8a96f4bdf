import { COMPLETE, type PushResult, ResponseParser } from '../http/response-parser.ts';

/** A response being read: one slot of a parser that all attempts share. */
export interface Exchange {
  push(bytes: Uint8Array, count: number): PushResult;
  /** Whether the far end's close completes the response. */
  completesAtEnd(): boolean;
  status(): number;
  /** Gives the slot back. */
  end(): void;
}

/** Slots for as many exchanges as may be open at once. */
export class ExchangePool {
  readonly #parser: ResponseParser;
  readonly #free: number[];

  constructor(size: number) {
    this.#parser = new ResponseParser(size);
    this.#free = Array.from({ length: size }, (_, slot) => slot);
  }

  /** @throws RangeError where more are taken than the pool holds */
  take(responseHasNoBody: boolean): Exchange {
    const slot = this.#free.pop();
    if (slot === undefined) throw new RangeError('more attempts are open than maxOpen allows');
    const parser = this.#parser;
    parser.reset(slot, responseHasNoBody);
    return {
      push: (bytes, count) => parser.push(slot, bytes, 0, count),
      completesAtEnd: () => parser.eof(slot) === COMPLETE,
      status: () => parser.status(slot),
      end: () => this.#free.push(slot),
    };
  }
}
