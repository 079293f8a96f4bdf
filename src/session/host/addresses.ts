import { isIP } from 'node:net';
import type { LinksInUse } from './find-interfaces.ts';
import type { LinkReading } from './read-links.ts';
import { whyDown } from './why-down.ts';

export interface AddressesChanged {
  readonly what: 'address-changed';
  /** The load's address is gone from an interface that is up; or the system chooses another. */
  readonly how: 'gone' | 'rerouted';
  /** The interface that lost it; or the one that has what is chosen. */
  readonly name: string;
  /** Empty: it had no address for a while, which was reported at that time. */
  readonly from: readonly string[];
  /** Of one that is gone: what the interface has instead; empty: nothing. */
  readonly to: readonly string[];
  /** True: nothing can come any more from what it came from. */
  readonly vanished: boolean;
}

type Owners = ReadonlyMap<string, string>;

/** Tells from one reading to the next whether the load still comes from the addresses that it came from. */
export class AddressWatch {
  /** Addresses in use that this machine had, and the interface of each. */
  readonly #present = new Map<string, string>();
  /** What each interface had when it last had any. */
  readonly #lists = new Map<string, readonly string[]>();
  /** By endpoint: the last source that the system chose. */
  readonly #chosen = new Map<string, string>();
  /** By address that was reported as gone: the addresses that replaced it. */
  readonly #gone = new Map<string, readonly string[]>();

  check(reading: LinkReading, inUse: LinksInUse): AddressesChanged[] {
    const owners: Owners = new Map(
      [...reading.addresses].flatMap(([name, list]) => list.map((address) => [address, name] as const)),
    );
    const changes = [...this.#findVanished(reading, owners), ...this.#findRerouted(inUse, owners)];
    for (const [name, list] of reading.addresses) this.#lists.set(name, list);
    this.#remember(inUse, owners);
    return changes;
  }

  #findVanished(reading: LinkReading, owners: Owners): AddressesChanged[] {
    const gone = new Map<string, string[]>();
    for (const [address, name] of this.#present) {
      // While an interface is down, it is not known which addresses it will have afterwards.
      if (owners.has(address) || whyDown(name, reading) !== undefined) continue;
      gone.set(name, [...(gone.get(name) ?? []), address]);
      this.#present.delete(address);
    }
    return [...gone].map(([name, from]) => {
      const to = findReplacements(from, this.#lists.get(name) ?? [], reading.addresses.get(name) ?? []);
      for (const address of from) this.#gone.set(address, to);
      return { what: 'address-changed', how: 'gone', name, from, to, vanished: true };
    });
  }

  /** The system may choose another although the old one is still there: a route was changed, or an address added. */
  #findRerouted({ chosen }: LinksInUse, owners: Owners): AddressesChanged[] {
    const changes = new Map<string, AddressesChanged>();
    for (const [endpoint, source] of chosen) {
      const name = owners.get(source);
      // What was found out a moment ago may be gone by now.
      if (name === undefined) continue;
      const last = this.#chosen.get(endpoint);
      this.#chosen.set(endpoint, source);
      if (last === undefined || last === source) continue;
      const replacements = this.#gone.get(last);
      if (replacements?.includes(source)) continue;
      changes.set(`${last} ${source}`, {
        what: 'address-changed',
        how: 'rerouted',
        name,
        from: replacements === undefined ? [last] : [],
        to: [source],
        // Its interface is down, and the load goes through another.
        vanished: replacements === undefined && !owners.has(last),
      });
    }
    for (const endpoint of this.#chosen.keys()) if (!chosen.has(endpoint)) this.#chosen.delete(endpoint);
    return [...changes.values()];
  }

  #remember({ sources, chosen }: LinksInUse, owners: Owners): void {
    const used = new Set([...sources, ...chosen.values()]);
    for (const address of this.#present.keys()) if (!used.has(address)) this.#present.delete(address);
    for (const address of used) {
      const owner = owners.get(address);
      if (owner !== undefined) this.#present.set(address, owner);
    }
    for (const address of this.#gone.keys()) {
      const isAwaited = [...this.#chosen.values()].includes(address);
      if (owners.has(address) || !isAwaited) this.#gone.delete(address);
    }
  }
}

/** What has come since the last reading; where nothing has, what was there beside it. */
function findReplacements(from: readonly string[], had: readonly string[], has: readonly string[]): string[] {
  const alike = has.filter((address) => from.some((one) => isIP(one) === isIP(address)));
  const fresh = alike.filter((address) => !had.includes(address));
  return fresh.length > 0 ? fresh : alike;
}
