import { findClusters } from '../../analysis/findings/latency-cluster.ts';
import { recordedTimes } from '../../analysis/recorded-times.ts';
import { createHistogram, quantilesOf, recordUs } from '../../metrics/histogram.ts';
import type { HandshakeEnd, HandshakeSeen } from '../handshakes/types.ts';
import { handshakeUs, judge, metBy, waitUs } from './judge.ts';
import { ServerTally } from './server-tally.ts';
import type { CaptureReport, ClusterReport, Met, StallSeen } from './types.ts';

/** Stalls reported one by one. */
export const MAX_STALLS = 1_000;

/** An unanswered SYN this close to the end may have been answered after it. */
const AT_END_US = 1_000_000;

type Counts<K extends string> = Partial<Record<K, number>>;

/** The part of a report that sums up connections. */
export type ConnectionFigures = Pick<
  CaptureReport,
  | 'connections'
  | 'beganEarlier'
  | 'handshakes'
  | 'established'
  | 'unanswered'
  | 'unansweredAtEnd'
  | 'stalled'
  | 'healed'
  | 'slow'
  | 'answers'
  | 'stalledAnswers'
  | 'icmp'
  | 'ends'
  | 'handshakeUs'
  | 'firstByteUs'
  | 'gapUs'
  | 'retransmissions'
  | 'reused'
  | 'clusters'
  | 'servers'
  | 'serversLeftOut'
  | 'stalls'
  | 'stallsLeftOut'
>;

/** Sums up connections. */
export class ConnectionTally {
  connections = 0;
  beganEarlier = 0;
  merged = 0;
  /** Packets from clients and from servers; if one is 0, only one direction was captured. */
  fromClients = 0;
  fromServers = 0;
  #handshakes = 0;
  #established = 0;
  readonly #unansweredAtUs: number[] = [];
  #unanswered = 0;
  #recovered = 0;
  #frozen = 0;
  #healed = 0;
  #slow = 0;
  readonly #answers: Counts<Met> = {};
  readonly #stalledAnswers: Counts<Met> = {};
  readonly #icmp: Record<string, number> = {};
  readonly #ends: Record<HandshakeEnd, number> = { closed: 0, reset: 0, open: 0 };
  readonly #handshakeUs = createHistogram();
  /** Only those whose SYN was sent once: the waits of others are TCP's own steps. */
  readonly #onceSentUs = createHistogram();
  readonly #firstByteUs = createHistogram();
  readonly #gapUs = createHistogram();
  readonly #reuseAgeUs = createHistogram();
  #againFromClients = 0;
  #againFromServers = 0;
  #reused = 0;
  #reusedStalled = 0;
  readonly #servers = new ServerTally();
  readonly #stalls: StallSeen[] = [];
  readonly #timeOf: (atUs: number) => string | null;

  /** @param timeOf writes a time of the capture */
  constructor(timeOf: (atUs: number) => string | null) {
    this.#timeOf = timeOf;
  }

  add(seen: HandshakeSeen): void {
    const { fromClient, fromServer } = seen;
    this.connections += 1;
    this.merged += seen.merged;
    this.fromClients += fromClient.packets;
    this.fromServers += fromServer.packets;
    this.#againFromClients += fromClient.retransmissions;
    this.#againFromServers += fromServer.retransmissions;
    this.#ends[seen.end] += 1;
    if (seen.beganEarlier) this.beganEarlier += 1;
    else this.#handshakes += 1;
    if (!Number.isNaN(seen.gapUs)) recordUs(this.#gapUs, seen.gapUs);
    this.#addHandshake(seen);
  }

  #addHandshake(seen: HandshakeSeen): void {
    const verdict = judge(seen);
    const met = metBy(seen);
    const us = handshakeUs(seen);
    const isStalled = verdict === 'recovered' || verdict === 'frozen';
    const isUnanswered = seen.synCount > 0 && seen.answerCount === 0 && Number.isNaN(seen.establishedAtUs);
    this.#servers.add(seen, { isStalled, isUnanswered, handshakeUs: us });
    this.#addTimes(seen, us);
    if (isUnanswered) {
      this.#unanswered += 1;
      this.#unansweredAtUs.push(seen.syns[0]!.atUs);
      if (this.#unansweredAtUs.length > 10_000) this.#unansweredAtUs.splice(0, 5_000);
    }
    for (const { icmp } of seen.answers)
      if (icmp !== undefined) count(this.#icmp, `${icmp.type}/${icmp.code}`);
    if (met === undefined) return;
    count(this.#answers, met);
    if (verdict === 'healed') this.#healed += 1;
    if (verdict === 'slow') this.#slow += 1;
    this.#addReuse(seen, isStalled);
    if (verdict === 'recovered' || verdict === 'frozen') this.#addStall(seen, verdict, met);
  }

  #addTimes(seen: HandshakeSeen, us: number): void {
    if (!Number.isNaN(seen.establishedAtUs)) this.#established += 1;
    if (!Number.isNaN(us)) recordUs(this.#handshakeUs, us);
    if (!Number.isNaN(us) && seen.synCount === 1) recordUs(this.#onceSentUs, us);
    const firstByteUs = seen.fromServer.firstByteAtUs - (seen.syns[0]?.atUs ?? Number.NaN);
    if (!Number.isNaN(firstByteUs)) recordUs(this.#firstByteUs, firstByteUs);
  }

  #addReuse({ previousAtUs, syns }: HandshakeSeen, isStalled: boolean): void {
    const ageUs = syns[0]!.atUs - previousAtUs;
    if (Number.isNaN(ageUs)) return;
    this.#reused += 1;
    if (isStalled) this.#reusedStalled += 1;
    recordUs(this.#reuseAgeUs, ageUs);
  }

  #addStall(seen: HandshakeSeen, fate: 'recovered' | 'frozen', met: Met): void {
    if (fate === 'recovered') this.#recovered += 1;
    else this.#frozen += 1;
    count(this.#stalledAnswers, met);
    if (this.#stalls.length >= MAX_STALLS) return;
    const { client, clientPort, server, serverPort, syns, synCount, answers, previousAtUs } = seen;
    const [syn] = syns;
    const ageUs = syn!.atUs - previousAtUs;
    this.#stalls.push({
      ...{ client, clientPort, server, serverPort, at: this.#timeOf(syn!.atUs), frame: syn!.number },
      ...{ waitUs: waitUs(seen), fate, syns: synCount, met },
      answers: answers.map(({ kind, acknowledges }) => ({ kind, acknowledges })),
      reuseAgeUs: Number.isNaN(ageUs) ? null : ageUs,
    });
  }

  /** @param endUs last packet of all */
  finish(endUs: number): ConnectionFigures {
    const stalled = this.#recovered + this.#frozen;
    const servers = this.#servers.list();
    // They arrived in the order in which their connections were dropped.
    const stalls = this.#stalls.toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
    return {
      ...{ connections: this.connections, beganEarlier: this.beganEarlier, handshakes: this.#handshakes },
      ...{ established: this.#established, unanswered: this.#unanswered },
      unansweredAtEnd: this.#unansweredAtUs.filter((atUs) => endUs - atUs < AT_END_US).length,
      stalled: { count: stalled, recovered: this.#recovered, frozen: this.#frozen },
      ...{ healed: this.#healed, slow: this.#slow },
      ...{ answers: this.#answers, stalledAnswers: this.#stalledAnswers, icmp: this.#icmp, ends: this.#ends },
      handshakeUs: quantilesOf(this.#handshakeUs),
      firstByteUs: quantilesOf(this.#firstByteUs),
      gapUs: quantilesOf(this.#gapUs),
      retransmissions: { fromClients: this.#againFromClients, fromServers: this.#againFromServers },
      reused: { count: this.#reused, stalled: this.#reusedStalled, ageUs: quantilesOf(this.#reuseAgeUs) },
      clusters: this.#findClusters(),
      ...{ servers, serversLeftOut: this.#servers.leftOut },
      ...{ stalls, stallsLeftOut: stalled - stalls.length },
    };
  }

  /** Waits at round numbers. */
  #findClusters(): ClusterReport[] {
    const stages = [
      { what: 'handshakes', times: this.#onceSentUs, earlier: undefined },
      { what: 'first bytes', times: this.#firstByteUs, earlier: this.#handshakeUs },
      { what: 'gaps', times: this.#gapUs, earlier: undefined },
    ] as const;
    return stages.flatMap(({ what, times, earlier }) => {
      const found = findClusters(recordedTimes(times), recordedTimes(earlier));
      return found.map((cluster) => ({ what, ...cluster, of: times.totalCount }));
    });
  }
}

function count<K extends string>(counts: Counts<K>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
