import { isIP } from 'node:net';
import { parseAddress } from '../../net/addresses.ts';
import { readU32 } from '../../net/wire/big-endian.ts';
import type { EngineArm, EngineOptions } from '../types.ts';
import { AddressIndex, type AddressWords, toWords } from './addresses.ts';

/** The far end of connections: an endpoint, of one arm or of several. */
export interface Remote {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly words: AddressWords;
  readonly port: number;
}

/** An arm's addresses as the numbers that all arms share. */
export interface ArmFlows {
  /** Remote of each endpoint. */
  readonly remotes: readonly number[];
  /** Local address of each source, and of each endpoint where no source is named. */
  readonly locals: readonly number[];
  readonly ownLocals: readonly number[];
  /** Ports that the engine chooses from, and whether in random order. */
  readonly ports: Uint16Array;
  readonly isRandom: boolean;
}

/** Limit on this shard's ports that the engine chooses from: it never needs more for each address. */
const MAX_CHOSEN_PORTS = 65_536;

/** Multiples of the golden ratio lie evenly between whole numbers, however many there are. */
const GOLDEN: number = (Math.sqrt(5) - 1) / 2;

/** An Int32Array beyond this cannot be allocated everywhere. */
const MAX_TUPLES = 2 ** 29;

/**
 * Which slot has which address and port at either end: an array over all combinations, so that a packet finds its
 * connection by arithmetic. Memory is taken only where ports are used: those of a shard lie side by side, and each host
 * uses neighbouring ones if its system does.
 */
export class Flows {
  readonly locals: AddressIndex;
  readonly remotes: readonly Remote[];
  readonly arms: readonly ArmFlows[];
  readonly lowestPort: number;
  readonly highestPort: number;
  /** By combination: slot plus 1; 0: no connection. */
  readonly #slots: Int32Array;
  readonly #span: number;
  /** Ports of this shard, at most; the others follow them. */
  readonly #strideCount: number;
  readonly #stride: number;
  readonly #localCount: number;
  /** By port: 1 if it is of this shard. */
  readonly #isOwn = new Uint8Array(65_536);
  /** By arm and local address: where the search for a free port goes on. */
  readonly #nextPort: Uint32Array;
  /** By arm and local address: 1 until the port of the check before the load has been used again. */
  readonly #repeatsCheck: Uint8Array;

  /** @throws RangeError if there are more combinations than memory can index */
  constructor(arms: readonly EngineArm[], shard: NonNullable<EngineOptions['shard']>) {
    const locals = new Map<string, number>();
    const remotes: Remote[] = [];
    this.arms = arms.map((arm) => enroll(arm, shard, locals, remotes));
    for (const { ports } of this.arms) for (const port of ports) this.#isOwn[port] = 1;
    this.locals = new AddressIndex([...locals.keys()]);
    this.remotes = remotes;
    const ranges = arms.flatMap(({ packets }) => packets?.ports ?? []);
    this.lowestPort = Math.min(...ranges.map(({ from }) => from));
    this.highestPort = Math.max(...ranges.map(({ to }) => to));
    this.#stride = shard.count;
    this.#strideCount = Math.ceil((this.highestPort - this.lowestPort + 1) / shard.count);
    this.#span = this.#strideCount * shard.count;
    this.#localCount = locals.size;
    // Hosts do not begin with the same port: a NAT that keeps ports would have to tell all of them apart by others.
    this.#nextPort = Uint32Array.from({ length: arms.length * locals.size }, (_, index) => {
      const { length } = this.arms[Math.floor(index / locals.size)]!.ports;
      return Math.floor(((index * GOLDEN) % 1) * length);
    });
    this.#repeatsCheck = new Uint8Array(this.#nextPort.length);
    arms.forEach(({ holdsTogether, sources, packets }, index) => {
      if (holdsTogether !== true || !this.ownsPort(checkedPort(packets!.ports))) return;
      for (const family of [4, 6]) {
        const source = sources.findIndex((address) => isIP(address) === family);
        if (source >= 0) this.#repeatsCheck[index * locals.size + this.arms[index]!.locals[source]!] = 1;
      }
    });
    const tuples = remotes.length * locals.size * this.#span;
    if (remotes.length > 256 || locals.size > 65_536 || tuples > MAX_TUPLES) {
      throw new RangeError(`${tuples} combinations of address and port are too many for the packet engine`);
    }
    this.#slots = new Int32Array(tuples);
  }

  /** @returns the slot, or -1 */
  find(remote: number, local: number, port: number): number {
    if (!this.hasPort(port)) return -1;
    return this.#slots[this.#placeOf(remote, local, port)]! - 1;
  }

  set(remote: number, local: number, port: number, slot: number): void {
    this.#slots[this.#placeOf(remote, local, port)] = slot + 1;
  }

  clear(remote: number, local: number, port: number): void {
    this.#slots[this.#placeOf(remote, local, port)] = 0;
  }

  #placeOf(remote: number, local: number, port: number): number {
    const offset = port - this.lowestPort;
    const turn = (offset / this.#stride) | 0;
    const place = (offset - turn * this.#stride) * this.#strideCount + turn;
    return (remote * this.#localCount + local) * this.#span + place;
  }

  hasPort(port: number): boolean {
    return port >= this.lowestPort && port <= this.highestPort;
  }

  /** Whether this engine has to answer for the port: every shard sees the packets of all. */
  ownsPort(port: number): boolean {
    return this.#isOwn[port] === 1;
  }

  /** The local address that stands at an offset; -1 if it is none of them. */
  findLocalIpv6(bytes: Uint8Array, at: number): number {
    const d = readU32(bytes, at + 12);
    return this.locals.findIpv6(readU32(bytes, at), readU32(bytes, at + 4), readU32(bytes, at + 8), d);
  }

  /** The remote with this address and port; -1 if there is none. */
  findRemoteIpv4(address: number, port: number): number {
    for (let index = 0; index < this.remotes.length; index += 1) {
      const remote = this.remotes[index]!;
      if (remote.port === port && remote.family === 4 && remote.words[0] === address) return index;
    }
    return -1;
  }

  /** The same, of the address that stands at an offset: one word at a time, because a tuple would be garbage with each packet. */
  findRemoteIpv6(bytes: Uint8Array, at: number, port: number): number {
    const a = readU32(bytes, at);
    const b = readU32(bytes, at + 4);
    const c = readU32(bytes, at + 8);
    const d = readU32(bytes, at + 12);
    for (let index = 0; index < this.remotes.length; index += 1) {
      const { port: own, words } = this.remotes[index]!;
      if (own === port && words[3] === d && words[2] === c && words[1] === b && words[0] === a) return index;
    }
    return -1;
  }

  /**
   * A port of an arm that is free towards a remote, chosen as its client does: sequentially or at random. Where connections are
   * counted, the first is the one that the check before the load has closed: a firewall that remembers it has one place less
   * otherwise.
   * @returns -1 if all are in use
   */
  choosePort(arm: number, remote: number, local: number): number {
    const { ports, isRandom } = this.arms[arm]!;
    const { length } = ports;
    const cursor = arm * this.#localCount + local;
    let next = isRandom ? Math.floor(Math.random() * length) : this.#nextPort[cursor]!;
    if (this.#repeatsCheck[cursor] === 1) {
      this.#repeatsCheck[cursor] = 0;
      next = 0;
    }
    for (let tries = 0; tries < length; tries += 1) {
      if (next >= length) next = 0;
      const port = ports[next]!;
      next += 1;
      if (this.find(remote, local, port) < 0) {
        this.#nextPort[cursor] = next;
        return port;
      }
    }
    return -1;
  }
}

/**
 * The port from which an arm that holds its connections together is checked before the load, from the first of its addresses: the
 * first that the shard chooses from whose it is.
 */
export function checkedPort(ranges: readonly { readonly from: number }[]): number {
  return ranges[0]!.from;
}

function enroll(
  { endpoints, sources, packets }: EngineArm,
  shard: { readonly index: number; readonly count: number },
  locals: Map<string, number>,
  remotes: Remote[],
): ArmFlows {
  if (packets === undefined) throw new RangeError('an arm of the packet engine needs to know its link');
  const numberOf = (address: string): number => {
    if (!locals.has(address)) locals.set(address, locals.size);
    return locals.get(address)!;
  };
  return {
    remotes: endpoints.map(({ address, port, family }) => {
      const bytes = parseAddress(address);
      const words = toWords(bytes);
      const found = remotes.findIndex((other) => other.port === port && other.words.join() === words.join());
      return found >= 0 ? found : remotes.push({ family, bytes, words, port }) - 1;
    }),
    locals: sources.map(numberOf),
    ownLocals: packets.links.map(({ source }) => numberOf(source)),
    ports: listPorts(packets.ports, shard),
    isRandom: packets.client.ports.order === 'random',
  };
}

function listPorts(
  ranges: readonly { readonly from: number; readonly to: number }[],
  { index, count }: { readonly index: number; readonly count: number },
): Uint16Array {
  const ports: number[] = [];
  for (const { from, to } of ranges) {
    const first = from + ((((index - from) % count) + count) % count);
    for (let port = first; port <= to && ports.length < MAX_CHOSEN_PORTS; port += count) ports.push(port);
  }
  return Uint16Array.from(ports);
}
