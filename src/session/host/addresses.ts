import { isIP } from 'node:net';
import type { LinksInUse } from './find-interfaces.ts';
import type { LinkReading } from './read-links.ts';
import { whyDown } from './why-down.ts';

export interface AddressesChanged {
  readonly what: 'address-changed';
  /** An interface that is up has lost the load's address, or the system now chooses another source address. */
  readonly how: 'gone' | 'rerouted';
  /** The interface that lost it, or the one with the newly chosen address. */
  readonly name: string;
  /** Empty: the interface had no address for a while, which has been reported. */
  readonly from: readonly string[];
  /** For a lost address: what the interface has instead; may be empty. */
  readonly to: readonly string[];
  /** True: connections can no longer use their previous source address. */
  readonly vanished: boolean;
}

type Owners = ReadonlyMap<string, string>;

/** Detects, from one reading to the next, whether the load's source addresses have changed. */
export class AddressWatch {
  /** The interface of each address in use, as last seen. */
  readonly #present = new Map<string, string>();
  /** The addresses that each interface last had. */
  readonly #lists = new Map<string, readonly string[]>();
  /** By endpoint: the source address that the system last chose. */
  readonly #chosen = new Map<string, string>();
  /** By address reported as lost: the addresses that replaced it. */
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

  /** The system may choose another although the old one is still there, after a change of routes or a new address. */
  #findRerouted({ chosen }: LinksInUse, owners: Owners): AddressesChanged[] {
    const changes = new Map<string, AddressesChanged>();
    for (const [endpoint, source] of chosen) {
      const name = owners.get(source);
      // The interface may have disappeared since the last reading.
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
        // Its interface is down, and the load uses another.
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

/** The addresses added since the last reading; if there are none, the interface's other addresses. */
function findReplacements(from: readonly string[], had: readonly string[], has: readonly string[]): string[] {
  const alike = has.filter((address) => from.some((one) => isIP(one) === isIP(address)));
  const fresh = alike.filter((address) => !had.includes(address));
  return fresh.length > 0 ? fresh : alike;
}
