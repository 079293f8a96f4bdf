import type { FarPorts } from '../../metrics/far.ts';
import type { HandshakeEnd, HandshakeSeen } from '../handshakes/types.ts';

/** Handshakes that are remembered, some 40 bytes each; of a longer capture nothing is said. */
const MOST = 200_000;

/** Times at which stalled SYNs did not arrive, by the far clock; of more, evenly chosen ones are looked at. */
const MOST_LOOKS = 200;

/** So many of the ports may have been given again sooner: a NAT lets go of some for another reason, and a capture has gaps. */
const FEW = 0.1;

/** Uses of external ports towards one destination. */
class Uses {
  readonly clients: string[] = [];
  readonly ports: number[] = [];
  readonly fromUs: number[] = [];
  readonly toUs: number[] = [];
  readonly ends: HandshakeEnd[] = [];
}

/** A port of an external address, and its uses in order of time. */
type ByPort = ReadonlyMap<string, readonly { fromUs: number; toUs: number; end: HandshakeEnd }[]>;

/**
 * Which ports of external addresses were in use, or resting after it, as the far side saw it. A NAT that has run out of ports
 * gives no other ones than those that were used before, and no SYN comes while all of them are taken.
 */
export class PortsInUse {
  readonly #byDestination = new Map<string, Uses>();
  #count = 0;

  add({ client, clientPort, server, serverPort, syns, lastAtUs, end }: HandshakeSeen): void {
    const [syn] = syns;
    if (syn === undefined || Number.isNaN(syn.atUs)) return;
    this.#count += 1;
    if (this.#count > MOST) return;
    const destination = `${server} ${serverPort}`;
    let uses = this.#byDestination.get(destination);
    if (uses === undefined) {
      uses = new Uses();
      this.#byDestination.set(destination, uses);
    }
    uses.clients.push(client);
    uses.ports.push(clientPort);
    uses.fromUs.push(syn.atUs);
    uses.toUs.push(end === 'open' ? Number.POSITIVE_INFINITY : lastAtUs);
    uses.ends.push(end);
  }

  /**
   * Towards the destination with most handshakes.
   * @param addresses external ones
   * @param missedAtUs when SYNs would have arrived that did not, by the far clock
   * @returns undefined if no SYN was missed, or there were more handshakes than are remembered
   */
  describe(addresses: readonly string[], missedAtUs: readonly number[]): FarPorts | undefined {
    if (missedAtUs.length === 0 || this.#count > MOST) return undefined;
    const byDestination = [...this.#byDestination.values()].map((uses) => collect(uses, new Set(addresses)));
    const [byPort] = byDestination.sort((a, b) => countUses(b) - countUses(a));
    if (byPort === undefined || byPort.size === 0) return undefined;
    const [rests, byMany] = [restsOf(byPort, 0), restsOf(byPort, FEW)];
    const sorted = missedAtUs.toSorted((a, b) => a - b);
    const looks = thin(sorted);
    const countsAt = (rest: Rests) =>
      looks.map((atUs) => countTaken(byPort, atUs, rest)).sort((a, b) => a - b);
    const [counts, countsByMany] = [countsAt(rests), countsAt(byMany)];
    const middle = Math.floor(counts.length / 2);
    const later = [...byPort.values()].map((uses) => uses.filter(({ fromUs }) => fromUs > sorted[0]!));
    return {
      ...{ ports: byPort.size, handshakes: countUses(byPort) },
      missed: missedAtUs.length,
      takenAtLeast: counts[0]!,
      takenMedian: counts[middle]!,
      takenMost: counts.at(-1)!,
      takenMedianByMany: countsByMany[middle]!,
      takenMostByMany: countsByMany.at(-1)!,
      later: later.reduce((sum, uses) => sum + uses.length, 0),
      laterNew: [...byPort.values()].filter(([first]) => first!.fromUs > sorted[0]!).length,
      restUs: Number.isFinite(rests.closed) ? Math.round(rests.closed) : null,
    };
  }
}

function collect(uses: Uses, addresses: ReadonlySet<string>): ByPort {
  const byPort = new Map<string, { fromUs: number; toUs: number; end: HandshakeEnd }[]>();
  for (const [index, client] of uses.clients.entries()) {
    if (!addresses.has(client)) continue;
    const key = `${client} ${uses.ports[index]}`;
    const known = byPort.get(key) ?? [];
    byPort.set(key, known);
    known.push({ fromUs: uses.fromUs[index]!, toUs: uses.toUs[index]!, end: uses.ends[index]! });
  }
  for (const list of byPort.values()) list.sort((a, b) => a.fromUs - b.fromUs);
  return byPort;
}

function countUses(byPort: ByPort): number {
  let sum = 0;
  for (const uses of byPort.values()) sum += uses.length;
  return sum;
}

interface Rests {
  readonly closed: number;
  readonly reset: number;
}

/**
 * The time from a connection's last packet to the next one from its port, by how it ended, that this share of them did not reach;
 * Infinity: none came.
 * @param share 0: the shortest
 */
function restsOf(byPort: ByPort, share: number): Rests {
  const all = { closed: [] as number[], reset: [] as number[] };
  for (const uses of byPort.values())
    for (const [index, { toUs, end }] of uses.entries()) {
      const next = uses[index + 1];
      if (next !== undefined && end !== 'open') all[end].push(Math.max(0, next.fromUs - toUs));
    }
  const at = (rests: number[]) =>
    rests.sort((a, b) => a - b)[Math.floor(share * rests.length)] ?? Number.POSITIVE_INFINITY;
  return { closed: at(all.closed), reset: at(all.reset) };
}

/** Ports that a connection has at a time, or that rest after one. */
function countTaken(byPort: ByPort, atUs: number, rests: Rests): number {
  let taken = 0;
  for (const uses of byPort.values()) {
    const last = uses.findLast(({ fromUs }) => fromUs <= atUs);
    if (last === undefined) continue;
    const restUs = last.end === 'open' ? 0 : rests[last.end];
    if (atUs <= last.toUs + restUs) taken += 1;
  }
  return taken;
}

function thin(sorted: readonly number[]): readonly number[] {
  if (sorted.length <= MOST_LOOKS) return sorted;
  return Array.from(
    { length: MOST_LOOKS },
    (_, index) => sorted[Math.floor((index * sorted.length) / MOST_LOOKS)]!,
  );
}
