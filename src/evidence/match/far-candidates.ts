import type { MatchedBy } from '../../metrics/far.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { StampNeighbours } from './stamp-neighbours.ts';

export type NonceOf = (near: HandshakeSeen) => string | undefined;

/** What both sides have under one key. */
interface Slot {
  readonly near: HandshakeSeen;
  far: HandshakeSeen | undefined;
  farId: number;
  farAtUs: number;
  /** Several of one side have it. */
  isAmbiguous: boolean;
}

type Key = number | string;

/**
 * Handshakes of the far side that may be known ones of the near side: all others are counted, and let go as they come, so that memory
 * grows with the near side's number, and not with the length of the far capture.
 */
export class FarCandidates {
  readonly nears: readonly HandshakeSeen[];
  readonly #slots: Readonly<Record<MatchedBy, Map<Key, Slot>>>;
  readonly #neighbours: StampNeighbours;
  #count = 0;

  /** @param nonceOf number that stands in the request of one of the near side */
  constructor(nearAll: readonly HandshakeSeen[], nonceOf: NonceOf = () => undefined) {
    this.nears = nearAll.filter(({ syns }) => syns.length > 0);
    this.#slots = { isn: new Map(), nonce: new Map(), timestamp: new Map() };
    for (const near of this.nears) {
      this.#expect('isn', near.syns[0]!.isn, near);
      const nonce = nonceOf(near);
      if (nonce !== undefined) this.#expect('nonce', nonce, near);
      for (const stamp of stampsOf(near)) this.#expect('timestamp', stamp, near);
    }
    this.#neighbours = new StampNeighbours(
      this.nears.flatMap((near, id) =>
        near.syns.map(({ atUs, options }) => ({ id, atUs, stamp: options.timestamp })),
      ),
    );
  }

  /** Handshakes with a SYN that the far side has. */
  get count(): number {
    return this.#count;
  }

  /** Takes a handshake of the far side. */
  add(far: HandshakeSeen): void {
    const [syn] = far.syns;
    if (syn === undefined) return;
    this.#count += 1;
    this.#find('isn', syn.isn, far, syn.atUs);
    if (far.token !== undefined) this.#find('nonce', far.token, far, syn.atUs);
    for (const { atUs, options } of far.syns) {
      if (options.timestamp <= 0) continue;
      this.#find('timestamp', options.timestamp, far, atUs);
      this.#neighbours.add({ id: this.#count, atUs, stamp: options.timestamp });
    }
  }

  /** Pairs that have a key alone, and no others near them where it is a timestamp; each once. */
  *pairsBy(by: MatchedBy): Generator<{ near: HandshakeSeen; far: HandshakeSeen }> {
    const told = new Map<HandshakeSeen, HandshakeSeen>();
    for (const [key, { near, far, farId, farAtUs, isAmbiguous }] of this.#slots[by]) {
      if (far === undefined || isAmbiguous || told.get(near) === far) continue;
      if (by === 'timestamp' && this.#neighbours.isCrowded(key as number, farId, farAtUs)) continue;
      told.set(near, far);
      yield { near, far };
    }
  }

  #expect(by: MatchedBy, key: Key, near: HandshakeSeen): void {
    const slots = this.#slots[by];
    const slot = slots.get(key);
    if (slot === undefined)
      slots.set(key, { near, far: undefined, farId: -1, farAtUs: Number.NaN, isAmbiguous: false });
    else if (slot.near !== near) slot.isAmbiguous = true;
  }

  #find(by: MatchedBy, key: Key, far: HandshakeSeen, atUs: number): void {
    const slot = this.#slots[by].get(key);
    if (slot === undefined || slot.isAmbiguous || slot.far === far) return;
    if (slot.far === undefined) {
      slot.far = far;
      slot.farId = this.#count;
      slot.farAtUs = atUs;
      return;
    }
    slot.isAmbiguous = true;
    slot.far = undefined;
  }
}

function stampsOf({ syns }: HandshakeSeen): number[] {
  return syns.map(({ options }) => options.timestamp).filter((stamp) => stamp > 0);
}
