import { networkInterfaces } from 'node:os';
import { EnvironmentError } from '../../../errors.ts';
import { askNextHop } from '../../../net/link/ask-next-hop.ts';
import { findInterfaceByIndex, type LinkInterface } from '../../../net/link/interfaces.ts';
import type { LinkPath } from '../../../net/link/types.ts';

const LOOK_EVERY_MS = 1_000;

/** The next hop is queried less often: each query is a broadcast. */
const LOOKS_A_QUESTION = 5;

/** A path that packets take, and the addresses of this machine that they come from; none if those are emulated. */
export interface WatchedLink {
  readonly path: LinkPath;
  readonly ownAddresses: readonly string[];
}

/** The lookups that the watch makes; replaced in tests. */
export interface LinkLookups {
  find(index: number): LinkInterface | undefined;
  /** Addresses that this machine has. */
  addresses(): ReadonlySet<string>;
  /** @returns the Ethernet address that answers; undefined if none does */
  ask(link: LinkInterface, nextHop: string, asker: string): Promise<string | undefined>;
}

const LOOKUPS: LinkLookups = {
  find: findInterfaceByIndex,
  addresses: () =>
    new Set(
      Object.values(networkInterfaces()).flatMap((infos) => (infos ?? []).map(({ address }) => address)),
    ),
  ask: askNextHop,
};

export interface LinkWatchOptions {
  readonly links: readonly WatchedLink[];
  readonly warn: (message: string) => void;
  /** Nothing more can be sent. */
  readonly onLost: (why: Error) => void;
  readonly lookups?: LinkLookups;
}

/**
 * Watches, during a load, what the engine's packets rely on: packets to a link without carrier, or to an Ethernet
 * address that the gateway no longer has, are sent without an error, and their connections would seem to stall on the
 * path. Warns of each fault once and counts its seconds.
 */
export class LinkWatch {
  readonly #options: LinkWatchOptions;
  readonly #lookups: LinkLookups;
  readonly #warned = new Set<string>();
  /** By link: the new Ethernet address of its next hop, if it has changed. */
  readonly #moved = new Map<WatchedLink, string>();
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #lostSec = 0;

  constructor(options: LinkWatchOptions) {
    this.#options = options;
    this.#lookups = options.lookups ?? LOOKUPS;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Seconds, since the last call, in which a link differed from its state at the start. */
  takeLostSec(): number {
    const lostSec = this.#lostSec;
    this.#lostSec = 0;
    return lostSec;
  }

  /** Checks once; resolves when the next hops, if due, have been queried. */
  async look(): Promise<void> {
    const asks = this.#looks % LOOKS_A_QUESTION === LOOKS_A_QUESTION - 1;
    this.#looks += 1;
    let isLost = false;
    const questions: Promise<void>[] = [];
    for (const watched of this.#options.links) {
      const link = this.#lookups.find(watched.path.interfaceIndex);
      if (link === undefined) {
        this.stop();
        const { interfaceName } = watched.path;
        this.#options.onLost(
          new EnvironmentError(
            `the interface ${interfaceName} is gone or was recreated: it can send no more packets`,
            {
              hint: 'find out why (ip link, the journal), then run it again',
            },
          ),
        );
        return;
      }
      const faults = this.#findFaults(watched, link);
      for (const fault of faults) this.#warnOnce(fault);
      if (faults.length > 0) isLost = true;
      if (asks && link.isUp && link.hasCarrier) questions.push(this.#askNextHop(watched, link));
    }
    if (isLost) this.#lostSec += 1;
    await Promise.all(questions);
  }

  #findFaults(watched: WatchedLink, link: LinkInterface): string[] {
    const { path, ownAddresses } = watched;
    const { interfaceName: name } = path;
    const faults: string[] = [];
    const moved = this.#moved.get(watched);
    if (!link.isUp) faults.push(`the interface ${name} is down`);
    else if (!link.hasCarrier) faults.push(`the interface ${name} has lost its carrier`);
    if (link.mac !== path.mac)
      faults.push(`the interface ${name} changed its Ethernet address to ${link.mac} (was ${path.mac})`);
    if (link.mtu < path.mtu)
      faults.push(`the MTU of ${name} went down from ${path.mtu} to ${link.mtu} bytes`);
    if (moved !== undefined)
      faults.push(`${path.nextHop} changed its Ethernet address to ${moved} (was ${path.nextHopMac})`);
    const present = ownAddresses.length === 0 ? undefined : this.#lookups.addresses();
    for (const address of ownAddresses)
      if (present?.has(address) === false) faults.push(`this machine no longer has the address ${address}`);
    return faults;
  }

  async #askNextHop(watched: WatchedLink, link: LinkInterface): Promise<void> {
    const { nextHop, nextHopMac, source } = watched.path;
    if (nextHop === undefined || source === '') return;
    // No answer: that may be the very outage being measured, and is not a fault of this machine.
    const mac = await this.#lookups.ask(link, nextHop, source).catch(() => undefined);
    if (mac === undefined) return;
    if (mac === nextHopMac) this.#moved.delete(watched);
    else this.#moved.set(watched, mac);
  }

  #warnOnce(fault: string): void {
    if (this.#warned.has(fault)) return;
    this.#warned.add(fault);
    this.#options.warn(`${fault}: until this is over, packets are lost and connections stall because of it`);
  }
}
