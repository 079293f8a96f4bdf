import { ALL_MET } from '../blank-record.ts';
import type { EngineArm } from '../types.ts';
import { ContentCheck } from './content-check.ts';
import type { ResponseParser } from './response-parser.ts';

/** Responses whose content is checked, by slot. Connections of arms without content conditions have none. */
export class Contents {
  readonly #checks: (ContentCheck | undefined)[] = [];
  readonly #unmet: (readonly string[])[] = [];

  /** @returns undefined if no arm checks content: nothing is then inspected */
  static of(arms: readonly EngineArm[], parser: ResponseParser): Contents | undefined {
    if (arms.every(({ content }) => content === undefined)) return undefined;
    const contents = new Contents();
    parser.watchBody = (slot, bytes, from, to) => contents.#checks[slot]?.takeBody(bytes, from, to);
    return contents;
  }

  /** Called when a request is sent whose response is to be checked. */
  begin(slot: number, { content }: EngineArm): void {
    this.#checks[slot] = content === undefined ? undefined : new ContentCheck(content);
    this.#unmet[slot] = ALL_MET;
  }

  takeHead(slot: number, bytes: Uint8Array, from: number, to: number): void {
    this.#checks[slot]?.takeHead(bytes, from, to);
  }

  /** Evaluates a complete response. */
  judge(slot: number): void {
    this.#unmet[slot] = this.#checks[slot]?.listUnmet() ?? ALL_MET;
    this.#checks[slot] = undefined;
  }

  /** Returns the conditions that a complete response did not meet; forgets the connection. */
  take(slot: number): readonly string[] {
    const unmet = this.#unmet[slot] ?? ALL_MET;
    this.#unmet[slot] = ALL_MET;
    this.#checks[slot] = undefined;
    return unmet;
  }
}
