import { parseAddress } from '../addresses.ts';
import {
  type Listening,
  MOST_GROUPS,
  REPORT_FRAME_BYTES,
  readListenerQuery,
  writeListenerReport,
} from '../wire/listener-report.ts';
import { solicitedNodeOf } from '../wire/neighbour-discovery.ts';
import { keyOf } from './address-resolution.ts';
import type { LinkSocket } from './link-socket.ts';

/**
 * Reports the multicast groups of IPv6 addresses, by which others look for them: a switch with MLD snooping would not forward
 * their solicitations here otherwise.
 */
export class GroupReports {
  readonly #socket: Pick<LinkSocket, 'send'>;
  readonly #mac: Uint8Array;
  /** By key. */
  readonly #groups: ReadonlyMap<string, Uint8Array>;
  readonly #frame = new Uint8Array(REPORT_FRAME_BYTES);
  /** Groups to be reported, each once, however often it was asked about. */
  readonly #due = new Set<Uint8Array>();

  /** @param addresses of IPv6; none: nothing is ever reported */
  constructor(socket: Pick<LinkSocket, 'send'>, mac: Uint8Array, addresses: readonly string[]) {
    this.#socket = socket;
    this.#mac = mac;
    const groups = addresses.map((address) => solicitedNodeOf(parseAddress(address)));
    this.#groups = new Map(groups.map((group) => [keyOf(group), group]));
  }

  /** All groups are to be reported. */
  ask(): void {
    for (const group of this.#groups.values()) this.#due.add(group);
  }

  /** Notes what a querier asks about, if a frame is of one. */
  read(frame: Uint8Array): void {
    const asked = readListenerQuery(frame);
    if (asked === undefined) return;
    if (asked.every((byte) => byte === 0)) this.ask();
    const own = this.#groups.get(keyOf(asked));
    if (own !== undefined) this.#due.add(own);
  }

  /**
   * Reports what is to be reported.
   * @param most frames
   * @returns whether anything is left
   */
  send(listening: Listening, most: number): boolean {
    const groups = [...this.#due];
    for (let frames = 0; frames < most && groups.length > 0; frames += 1) {
      const some = groups.splice(0, MOST_GROUPS);
      const length = writeListenerReport(this.#frame, this.#mac, listening, some);
      this.#socket.send(this.#frame.subarray(0, length));
      for (const group of some) this.#due.delete(group);
    }
    return groups.length > 0;
  }
}
