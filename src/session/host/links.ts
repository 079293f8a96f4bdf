import { type AddressesChanged, AddressWatch } from './addresses.ts';
import type { LinksInUse } from './find-interfaces.ts';
import type { LinkReading } from './read-links.ts';
import { type WhyDown, whyDown } from './why-down.ts';

export type LinkChange =
  /** It lost its carrier, or all of its addresses, or is gone. */
  | { readonly what: 'lost'; readonly name: string; readonly why: WhyDown }
  /** It has recovered, or the load uses another. */
  | { readonly what: 'regained'; readonly name: string }
  /** It went down and came back between two readings, this many times. */
  | { readonly what: 'flapped'; readonly name: string; readonly times: number }
  | AddressesChanged;

interface LinkState {
  readonly isUp: boolean;
  /** How often it had gone down; undefined if the system does not count it. */
  readonly downs: number | undefined;
}

/**
 * Detects, from one reading to the next, what happened to the interfaces and addresses that the load uses.
 */
export class LinkWatch {
  readonly #links = new Map<string, LinkState>();
  readonly #addresses = new AddressWatch();

  check(reading: LinkReading, inUse: LinksInUse): LinkChange[] {
    const changes: LinkChange[] = [];
    for (const [name, { isUp }] of this.#links) {
      if (inUse.interfaces.includes(name)) continue;
      if (!isUp) changes.push({ what: 'regained', name });
      this.#links.delete(name);
    }
    for (const name of inUse.interfaces) changes.push(...this.#checkLink(name, reading));
    return [...changes, ...this.#addresses.check(reading, inUse)];
  }

  #checkLink(name: string, reading: LinkReading): LinkChange[] {
    const downs = reading.carriers.get(name)?.downs;
    const why = whyDown(name, reading);
    // It was up when it was first seen in use.
    const last = this.#links.get(name) ?? { isUp: true, downs };
    this.#links.set(name, { isUp: why === undefined, downs });
    // Fewer than before: it was removed, and another with its name was created.
    const hasFallen = downs !== undefined && last.downs !== undefined && downs !== last.downs;
    // The carrier has returned, but the interface does not count as up yet.
    if (why !== undefined) return last.isUp ? [{ what: 'lost', name, why: hasFallen ? 'carrier' : why }] : [];
    if (!last.isUp) return [{ what: 'regained', name }];
    return hasFallen ? [{ what: 'flapped', name, times: Math.max(1, downs - last.downs) }] : [];
  }
}
