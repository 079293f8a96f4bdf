import { parentPort, workerData } from 'node:worker_threads';
import { formatMac, parseAddress, parseMac } from '../addresses.ts';
import type { Listening } from '../wire/listener-report.ts';
import { type AddressResolution, keyOf, type LinkMessage, resolutionOf } from './address-resolution.ts';
import { GroupReports } from './group-reports.ts';
import { LinkSocket } from './link-socket.ts';
import { NetlinkError } from './netlink-socket.ts';
import {
  ANSWERED,
  type FromResponder,
  type NextHop,
  type ResponderTask,
  STOP,
} from './responder-protocol.ts';

/** Longest wait for a packet: after it is told to end, it ends within this time. */
const WAIT_MS = 50;

/** How many conflicts to report; further ones add nothing. */
const MOST_CONFLICTS = 10;

/** Rounds of requests: each next hop is asked from each address, and again from those that it did not answer. */
const ROUNDS = 2;
/** How many requests to send before looking for answers, and the wait that follows: at most 4,000 per second. */
const BURST = 32;
const BURST_MS = 8;
/** Counted from the last request of a round. */
const ROUND_WAIT_MS = 400;

class ResponderLoop {
  readonly #task: ResponderTask;
  readonly #resolution: AddressResolution;
  readonly #socket: LinkSocket;
  readonly #mac: Uint8Array;
  readonly #frame: Uint8Array;
  /** The addresses, by key. */
  readonly #own: ReadonlyMap<string, string>;
  /** By key of a next hop: addresses to which it has replied. */
  readonly #answeredBy: ReadonlyMap<string, Set<string>>;
  readonly #reports: GroupReports;
  #conflicts = 0;

  constructor(task: ResponderTask) {
    this.#task = task;
    this.#mac = parseMac(task.link.mac);
    this.#own = new Map(task.addresses.map((address) => [keyOf(parseAddress(address)), address]));
    this.#answeredBy = new Map(task.nextHops.map(({ address }) => [keyOf(parseAddress(address)), new Set()]));
    const family = task.addresses[0]?.includes(':') === true ? 6 : 4;
    this.#resolution = resolutionOf(family);
    this.#frame = new Uint8Array(this.#resolution.frameBytes);
    this.#socket = new LinkSocket(family, task.link.index);
    this.#reports = new GroupReports(this.#socket, this.#mac, family === 6 ? task.addresses : []);
  }

  run(): void {
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        // The first report may be lost (RFC 3810 section 6.1).
        this.#report('joins');
        for (const hop of this.#task.nextHops) this.#ask(hop);
      }
      post({
        kind: 'ready',
        unanswered: this.#task.addresses.filter((address) => !this.#isAnswered(address)),
      });
      while (!this.#isStopped) {
        this.#serve(WAIT_MS);
        this.#report('listens');
      }
      this.#report('leaves');
    } finally {
      this.#socket.close();
    }
  }

  get #isStopped(): boolean {
    return Atomics.load(this.#task.shared, STOP) !== 0;
  }

  /** By every next hop. */
  #isAnswered(address: string): boolean {
    return [...this.#answeredBy.values()].every((answered) => answered.has(address));
  }

  /**
   * From each address that has had no answer. Sent only to the next hop, which is already known: no other host has to
   * receive it (RFC 1122 section 2.3.2.1, RFC 6085).
   */
  #ask(hop: NextHop): void {
    const target = parseAddress(hop.address);
    const answered = this.#answeredBy.get(keyOf(target))!;
    const left = this.#task.addresses.filter((address) => !answered.has(address));
    for (const [index, address] of left.entries()) {
      const sender = { mac: this.#mac, address: parseAddress(address) };
      const length = this.#resolution.writeRequest(this.#frame, sender, target);
      this.#frame.set(parseMac(hop.mac));
      this.#socket.send(this.#frame.subarray(0, length));
      if (index % BURST === BURST - 1) this.#serveFor(BURST_MS);
    }
    for (let waitedMs = 0; waitedMs < ROUND_WAIT_MS && answered.size < this.#own.size; waitedMs += BURST_MS)
      this.#serveFor(BURST_MS);
  }

  /** Handles whatever arrives within this time. */
  #serveFor(forMs: number): void {
    const endMs = performance.now() + forMs;
    for (let leftMs = forMs; leftMs > 0 && !this.#isStopped; leftMs = endMs - performance.now())
      this.#serve(Math.ceil(leftMs));
  }

  /** Handles the next message, if it arrives in time. */
  #serve(waitMs: number): void {
    const frame = this.#socket.receive(waitMs);
    if (frame !== undefined) this.#reports.read(frame);
    const said = frame === undefined ? undefined : this.#resolution.read(frame);
    if (said === undefined || isSame(said.mac, this.#mac)) return;
    const asked = said.asks === undefined ? undefined : this.#own.get(keyOf(said.asks));
    const isProbe = said.claims.every((byte) => byte === 0);
    const claimed = isProbe ? asked : this.#own.get(keyOf(said.claims));
    if (claimed !== undefined) this.#noteConflict(claimed, said);
    if (asked !== undefined) this.#answer(said);
    else this.#noteAnswer(said);
  }

  /** Says which groups the addresses listen to, in bursts with time between them to answer others. */
  #report(listening: Listening): void {
    if (listening !== 'listens') this.#reports.ask();
    while (this.#reports.send(listening, BURST)) this.#serveFor(BURST_MS);
  }

  #answer({ mac, claims, asks }: LinkMessage): void {
    const sender = { mac: this.#mac, address: asks! };
    const length = this.#resolution.writeReply(this.#frame, sender, { mac, address: claims });
    // The device is full: it is tried again.
    if (this.#socket.send(this.#frame.subarray(0, length)) === 0) Atomics.add(this.#task.shared, ANSWERED, 1);
  }

  #noteAnswer({ claims, to }: LinkMessage): void {
    const own = this.#own.get(keyOf(to));
    if (own !== undefined) this.#answeredBy.get(keyOf(claims))?.add(own);
  }

  #noteConflict(address: string, { mac }: LinkMessage): void {
    this.#conflicts += 1;
    if (this.#conflicts <= MOST_CONFLICTS)
      post({ kind: 'conflict', conflict: { address, mac: formatMac(mac) } });
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, index) => byte === other[index]);
}

function post(message: FromResponder): void {
  parentPort?.postMessage(message);
}

try {
  new ResponderLoop(workerData as ResponderTask).run();
} catch (error) {
  if (!(error instanceof NetlinkError)) throw error;
  post({ kind: 'fault', code: error.code });
}
