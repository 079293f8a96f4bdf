import { ALL_MET } from '../blank-record.ts';
import { ContentCheck } from '../http/content-check.ts';
import type { ResponseParser } from '../http/response-parser.ts';
import type { PreparedArm } from './prepared-arm.ts';

/** Responses that are looked into, by slot. Connections of arms that ask for no content have none. */
export class Contents {
  readonly #checks: (ContentCheck | undefined)[] = [];
  readonly #unmet: (readonly string[])[] = [];

  /** @returns undefined where no arm asks for any: then nothing is looked at */
  static of(arms: readonly PreparedArm[], parser: ResponseParser): Contents | undefined {
    if (arms.every(({ arm }) => arm.content === undefined)) return undefined;
    const contents = new Contents();
    parser.watchBody = (slot, bytes, from, to) => contents.#checks[slot]?.takeBody(bytes, from, to);
    return contents;
  }

  /** A request goes out, and its response is what counts. */
  begin(slot: number, { arm: { content } }: PreparedArm): void {
    this.#checks[slot] = content === undefined ? undefined : new ContentCheck(content);
    this.#unmet[slot] = ALL_MET;
  }

  takeHead(slot: number, bytes: Uint8Array, to: number): void {
    this.#checks[slot]?.takeHead(bytes, 0, to);
  }

  /** The response is whole. */
  judge(slot: number): void {
    this.#unmet[slot] = this.#checks[slot]?.listUnmet() ?? ALL_MET;
    this.#checks[slot] = undefined;
  }

  /** Tells what a response that was whole did not hold of what was asked for; forgets the connection. */
  take(slot: number): readonly string[] {
    const unmet = this.#unmet[slot] ?? ALL_MET;
    this.#unmet[slot] = ALL_MET;
    this.#checks[slot] = undefined;
    return unmet;
  }
}
