import { networkInterfaces } from 'node:os';
import { type Carrier, CarrierReader } from './carriers.ts';

/** The machine's interfaces at one moment. */
export interface LinkReading {
  /**
   * Addresses from which connections can come, by interface. Interfaces that are down or have no address are missing
   * (os.networkInterfaces).
   */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Absent if the system does not report it. */
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** Interfaces that are loopback. */
  readonly loopbacks: ReadonlySet<string>;
}

export interface LinkReader {
  /** False: an interface that was down for less than a second is not noticed. */
  readonly seesFlaps: boolean;
  /** @returns undefined if it cannot be read at the moment, for example without a free descriptor */
  read(names: readonly string[]): LinkReading | undefined;
}

export function openLinks(carriers: CarrierReader = new CarrierReader()): LinkReader {
  return {
    get seesFlaps() {
      return carriers.trusts;
    },
    read(names) {
      try {
        const addresses = new Map<string, readonly string[]>();
        const loopbacks = new Set<string>();
        for (const [name, infos = []] of Object.entries(networkInterfaces())) {
          const usable = infos.map(({ address }) => address).filter((address) => !isLinkLocal(address));
          if (usable.length > 0) addresses.set(name, usable);
          if (infos.some(({ internal }) => internal)) loopbacks.add(name);
        }
        return { addresses, loopbacks, carriers: carriers.read(names) };
      } catch {
        return undefined;
      }
    },
  };
}

/** fe80::/10 (RFC 4291 section 2.5.6): present whenever the interface is up, and never the source of routed packets. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
