import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import type { Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import type { Nat } from '../../../src/analysis/findings/finder.ts';
import { observe, type Records } from '../../../src/analysis/observations/observe.ts';
import { summarise } from '../../../src/analysis/summarise.ts';
import { Tally } from '../../../src/analysis/tally.ts';
import type { Summary } from '../../../src/analysis/types.ts';
import { createHistogram, type Histogram, recordUs } from '../../../src/metrics/histogram.ts';
import type { HostCounters, SeriesCounts } from '../../../src/metrics/types.ts';
import type { Cut } from '../../../src/outcome/cut.ts';
import type { Outcome } from '../../../src/outcome/outcome.ts';
import { judgeHandshake } from '../../../src/outcome/stall.ts';
import { planSweep } from '../../../src/plan/sweep.ts';
import { stretchesOf } from '../../../src/scenario/load-shape.ts';
import type { SweepLoad } from '../../../src/scenario/load-types.ts';
import type { Arm, Scenario } from '../../../src/scenario/types.ts';
import { armOf, frameOf, scenarioOf, sec } from '../parts.ts';
import { type Event, Queue } from './queue.ts';

/** A SYN on its way; `copy` 0 is the first, `restedSec` how long its source port had not been used, null: never used. */
export interface Syn {
  readonly atSec: number;
  readonly arm: Arm;
  readonly endpoint: string;
  readonly copy: number;
  readonly restedSec: number | null;
  /** What a hash of addresses and ports goes by. */
  readonly tuple: string;
}

export type Fate = 'pass' | 'drop' | 'reset';

/** What lies in between, or the far end; only what differs from a path on which all goes well. */
export interface Path {
  syn?(syn: Syn): Fate;
  /** A connection that was established ended. */
  closed?(syn: Syn, atSec: number): void;
  /** The request's first copy is lost. */
  losesRequest?(syn: Syn): boolean;
  /** Never answered, whatever is sent again. */
  swallowsRequest?(syn: Syn): boolean;
  /** The connection ends like this before its request is answered. */
  breaks?(syn: Syn): 'response-reset' | 'response-empty' | undefined;
  /** From the handshake to the first byte, seconds. */
  firstByteSec?(syn: Syn): number;
  /** Round trip of the path, as timestamps show it. */
  readonly rttSec?: number | ((syn: Syn) => number);
  /** The same once a connection is open, where something keeps SYN-ACKs back; by default the same. */
  readonly dataRttSec?: number | ((syn: Syn) => number);
  /** No timestamps, by which the answer to a SYN that was sent again tells its round trip. */
  readonly hasNoStamps?: true;
  /** So much later this machine notices that a handshake is complete. */
  noticedSec?(syn: Syn): number;
  /** An established connection is cut, and how; silence shows only when it is proved. */
  cut?(syn: Syn, openedSec: number): { readonly atSec: number; readonly how: Cut } | undefined;
  /** The SYN is sent again at once, as packets made it. */
  heals?(syn: Syn): boolean;
  /** What refuses, as the kernel tells: "RST", "ICMP port-unreachable (3/3) from 10.0.0.1". */
  readonly refusal?: string;
  /** What packets show of a SYN that stalled or was refused, or of a connection that was reset. */
  answer?(syn: Syn): string;
}

export interface Load {
  readonly arm: Arm;
  /** "address:port", tried in turn. */
  readonly endpoints?: readonly string[];
  /** Source ports, used one after the other; none: never used again. */
  readonly ports?: number;
}

export interface More {
  readonly scenario?: Partial<Scenario>;
  readonly near?: HostCounters;
  readonly far?: HostCounters;
  readonly pings?: Summary['pings'];
  readonly nat?: Nat;
  readonly both?: Records['both'];
  readonly firewall?: Summary['firewall'];
}

const RTT_SEC = 0.0005;
const SERVICE_SEC = 0.002;
/** Linux before 6.5: the wait doubles. */
const COPIES_AT_SEC = [0, 1, 3, 7];
const TIMEOUT_SEC = 8;
const STALL_SEC = 0.9;

const RUN: Summary['run'] = {
  ...{ id: '20250131-060000-test', scenario: 'test', label: '', startedAt: '2025-01-31T06:00:00.000Z' },
  ...{ endedAt: '2025-01-31T06:10:00.000Z', status: 'complete', engine: 'raw', stallsByTcpInfo: true },
};

/** Plays loads against a path, SYN by SYN in order of time, and gives what a run would record of it. */
export function play(loads: readonly Load[], path: Path, more: More = {}): Records {
  const events: Event[] = [];
  const at = (atSec: number, run: () => void): void => void events.push({ atSec, run });
  const recorders = loads.map((load) => new Recorder(load));
  for (const recorder of recorders) schedule(recorder, path, at);
  // Later ones are added while it runs: each time the earliest is taken.
  const queue = new Queue(events);
  events.length = 0;
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    next.run();
    for (const event of events) queue.add(event);
    events.length = 0;
  }
  return record(loads, recorders, more);
}

/** What a run against it is diagnosed as. */
export function diagnoseIn(loads: readonly Load[], path: Path, more: More = {}): Diagnosis {
  return diagnose(observe(play(loads, path, more)));
}

function schedule(recorder: Recorder, path: Path, at: (atSec: number, run: () => void) => void): void {
  const { load } = recorder;
  let number = 0;
  for (const { atSec: startSec, pair } of startsOf(load.arm)) {
    const index = number;
    number += 1;
    at(startSec, () => {
      const endpoint = endpointsOf(load)[index % endpointsOf(load).length]!;
      const port = pair ?? (load.ports === undefined ? undefined : index % load.ports);
      const first: Syn = {
        atSec: startSec,
        arm: load.arm,
        endpoint,
        copy: 0,
        restedSec: recorder.rested(port, startSec),
        tuple: `${load.arm.name} ${port ?? index} ${endpoint}`,
      };
      recorder.start(first);
      const send = (copy: number): void => {
        const atSec = startSec + COPIES_AT_SEC[copy]!;
        const syn = { ...first, atSec, copy };
        const fate = path.syn?.(syn) ?? 'pass';
        if (fate === 'pass') establish(syn, atSec + secOf(path.rttSec ?? RTT_SEC, syn));
        else if (fate === 'reset') recorder.refused(first, atSec, path);
        else if (copy + 1 < COPIES_AT_SEC.length)
          at(startSec + COPIES_AT_SEC[copy + 1]!, () => send(copy + 1));
        else recorder.froze(first, startSec + TIMEOUT_SEC, path.answer?.(first));
      };
      const establish = (syn: Syn, atSec: number): void => {
        const isAsking = load.arm.via !== 'tcp';
        const isLost = isAsking && (path.losesRequest?.(syn) ?? false);
        const isSwallowed = isAsking && (path.swallowsRequest?.(syn) ?? false);
        const rttSec = secOf(path.rttSec ?? RTT_SEC, syn);
        const dataRttSec = secOf(path.dataRttSec ?? path.rttSec ?? RTT_SEC, { ...syn, atSec });
        const noticedSec = path.noticedSec?.(syn) ?? 0;
        const answeredSec =
          atSec + noticedSec + dataRttSec + (path.firstByteSec?.(syn) ?? SERVICE_SEC) + (isLost ? 0.2 : 0);
        const broken = isAsking ? path.breaks?.(syn) : undefined;
        const endSec = isSwallowed ? atSec + 15 : isAsking ? answeredSec : atSec + load.arm.holdUs / 1e6;
        recorder.established(
          first,
          atSec + noticedSec,
          copiesBy(atSec - startSec, syn.copy),
          {
            ...{ isAsking, isLost, answeredSec, dataRttSec },
            rttSec: path.hasNoStamps ? undefined : rttSec,
            isUnanswered: isSwallowed || broken !== undefined,
          },
          path.answer?.(first),
        );
        if (path.heals?.(syn) === true) recorder.healed(atSec, path.answer?.(first));
        const proved = proofOf(load.arm, index, atSec);
        const cut = path.cut?.(syn, atSec);
        if (cut !== undefined && cut.atSec < Math.min(endSec, proved?.atSec ?? endSec)) {
          at(cut.how === 'silence' ? (proved?.atSec ?? endSec) : cut.atSec, () =>
            recorder.cut(atSec, cut, proved?.ageSec),
          );
          return;
        }
        if (proved !== undefined) at(proved.atSec, () => recorder.lived(proved));
        at(endSec, () => {
          path.closed?.(syn, endSec);
          const failed = broken ?? (isSwallowed ? 'response-timeout' : undefined);
          recorder.ended(port, endSec, failed, path.answer?.(first));
        });
      };
      send(0);
    });
  }
}

interface Proof {
  readonly atSec: number;
  readonly ageSec: number;
}

/** Connections that are held are proved in turn at each of the ages, and at the end. */
function proofOf({ proveUs, holdUs }: Arm, index: number, openedSec: number): Proof | undefined {
  if (proveUs === undefined) return undefined;
  const ages = [...proveUs, holdUs];
  const ageSec = ages[index % ages.length]! / 1e6;
  return { atSec: openedSec + ageSec, ageSec };
}

/** How often a SYN had been sent again by the time that its answer came, from a long path after the one that it is for. */
function copiesBy(afterSec: number, copy: number): number {
  return Math.max(copy, COPIES_AT_SEC.filter((sentSec) => sentSec < afterSec).length - 1);
}

interface Start {
  readonly atSec: number;
  /** Of a sweep: the pair, which has a source port of its own. */
  readonly pair?: number;
}

/** When the attempts of an arm begin, evenly within each level. */
function startsOf({ load }: Arm): Start[] {
  if (load.kind === 'sweep') return startsOfSweep(load);
  if (load.kind !== 'open') throw new TypeError('only open loads and sweeps are played');
  let fromUs = 0;
  return stretchesOf(load).flatMap(({ fromPerSec, forUs }) => {
    const [start, count] = [fromUs / 1e6, Math.floor((fromPerSec * forUs) / 1e6)];
    fromUs += forUs;
    return Array.from({ length: count }, (_, index) => ({ atSec: start + index / fromPerSec }));
  });
}

/** The second of a pair begins its delay after the first has been closed. */
function startsOfSweep(load: SweepLoad): Start[] {
  const ports = Array.from({ length: load.delaysUs.length * load.pairs }, (_, index) => index);
  return planSweep(load, ports)
    .flatMap(({ firstAtUs, delayUs }, pair) => [
      { atSec: firstAtUs / 1e6, pair },
      { atSec: firstAtUs / 1e6 + RTT_SEC * 2 + SERVICE_SEC + delayUs / 1e6, pair },
    ])
    .toSorted((a, b) => a.atSec - b.atSec);
}

function endpointsOf({ endpoints, arm: { target } }: Load): readonly string[] {
  return endpoints ?? [`${target.host}:${target.port}`];
}

function secOf(sec: NonNullable<Path['rttSec']>, syn: Syn): number {
  return typeof sec === 'number' ? sec : sec(syn);
}

interface Answered {
  readonly rttSec: number | undefined;
  readonly dataRttSec: number;
  readonly isAsking: boolean;
  readonly isLost: boolean;
  readonly isUnanswered: boolean;
  readonly answeredSec: number;
}

/** Counts one arm as the recorder of a worker does. */
class Recorder {
  readonly load: Load;
  readonly bySecond = new Map<number, Partial<SeriesCounts>>();
  readonly histograms = new Map<string, Histogram>();
  readonly #closedSec = new Map<number, number>();
  #firstSec = -1;

  constructor(load: Load) {
    this.load = load;
  }

  rested(port: number | undefined, atSec: number): number | null {
    const closed = port === undefined ? undefined : this.#closedSec.get(port);
    return closed === undefined ? null : atSec - closed;
  }

  start({ atSec, endpoint, restedSec }: Syn): void {
    if (this.#firstSec < 0) this.#firstSec = atSec;
    this.#add(atSec, {
      ...{ scheduled: 1, started: 1, firstBegunUs: sec(this.#firstSec), lastBegunUs: sec(atSec) },
      endpoints: { [endpoint]: { started: 1, established: 0, completed: 0, stalled: 0 } },
      ...(restedSec === null ? {} : { byReuseAge: { [ageBin(restedSec)]: { attempts: 1, stalled: 0 } } }),
    });
  }

  established(first: Syn, atSec: number, copy: number, answered: Answered, answer?: string): void {
    const { isAsking, isLost, isUnanswered, answeredSec, rttSec, dataRttSec } = answered;
    // Short exchanges show the path's round trip; what takes no longer than that was not stalled.
    const facts = { established: true, stopped: false, synRetransmits: copy };
    const took = { handshakeUs: sec(atSec - first.atSec), pathUs: isAsking ? sec(dataRttSec) : -1 };
    const verdict = judgeHandshake({ ...facts, ...took }, this.load.arm.stallAfterUs);
    const isStalled = verdict === 'recovered';
    this.#add(atSec, {
      ...{
        established: 1,
        recovered: isStalled ? 1 : 0,
        slow: verdict === 'slow' ? 1 : 0,
        synRetransmits: { [copy]: 1 },
      },
      ...(isAsking ? { requestRetransmits: { [isLost ? 1 : 0]: 1 } } : {}),
      endpoints: {
        [first.endpoint]: { started: 0, established: 1, completed: 0, stalled: isStalled ? 1 : 0 },
      },
    });
    if (isStalled) this.#stalled(first, atSec, answer);
    this.#time('handshake-service', atSec - first.atSec);
    // Karn's algorithm, but for timestamps, which tell the copy that was answered.
    if (rttSec !== undefined) this.#time('rtt', rttSec);
    if (isAsking && !isUnanswered) {
      this.#time('firstByte-service', answeredSec - first.atSec);
      this.#time('total-service', answeredSec - first.atSec);
    }
  }

  ended(port: number | undefined, atSec: number, failed?: Outcome, met?: string): void {
    if (port !== undefined) this.#closedSec.set(port, atSec);
    if (failed === 'response-reset' && met !== undefined)
      this.#add(atSec, { synAnswers: { [`reset ${met}`]: 1 } });
    this.#add(
      atSec,
      failed !== undefined
        ? { outcomes: { [failed]: 1 } }
        : this.load.arm.expect.kind === 'refused'
          ? { outcomes: { 'unexpected-handshake': 1 } }
          : { completed: 1, outcomes: { ok: 1 } },
    );
  }

  healed(atSec: number, answer?: string): void {
    this.#add(atSec, {
      healed: 1,
      ...(answer === undefined ? {} : { synAnswers: { [`healed ${answer}`]: 1 } }),
    });
  }

  cut(
    openedSec: number,
    { atSec, how }: { readonly atSec: number; readonly how: Cut },
    provedSec?: number,
  ): void {
    this.#add(atSec, {
      ...{ cuts: { [how]: 1 }, outcomes: { 'held-cut': 1 } },
      ...(how === 'silence' && provedSec !== undefined
        ? { byProofAge: { [provedSec * 1_000]: { alive: 0, cuts: { [how]: 1 } } } }
        : {}),
    });
    if (how !== 'silence') this.#time('cutAge', atSec - openedSec);
  }

  lived({ atSec, ageSec }: Proof): void {
    this.#add(atSec, { byProofAge: { [ageSec * 1_000]: { alive: 1, cuts: {} } } });
  }

  refused(first: Syn, atSec: number, { answer, refusal = 'RST' }: Path): void {
    const met = answer?.(first);
    this.#add(
      atSec,
      this.load.arm.expect.kind === 'refused'
        ? { completed: 1, outcomes: { ok: 1 } }
        : {
            ...{ outcomes: { 'handshake-refused': 1 }, refusals: { [refusal]: 1 } },
            ...(met === undefined ? {} : { synAnswers: { [`refused ${met}`]: 1 } }),
          },
    );
    if (atSec - first.atSec >= STALL_SEC) this.#stalled(first, atSec);
  }

  froze(first: Syn, atSec: number, answer?: string): void {
    this.#add(atSec, {
      ...{ frozen: 1, outcomes: { 'handshake-timeout': 1 } },
      endpoints: { [first.endpoint]: { started: 0, established: 0, completed: 0, stalled: 1 } },
    });
    this.#stalled(first, atSec, answer);
  }

  #stalled({ atSec, restedSec }: Syn, knownSec: number, answer?: string): void {
    this.#add(knownSec, {
      stalledBySecond: { [Math.floor(atSec)]: 1 },
      ...(restedSec === null ? {} : { byReuseAge: { [ageBin(restedSec)]: { attempts: 0, stalled: 1 } } }),
      ...(answer === undefined ? {} : { synAnswers: { [`stalled ${answer}`]: 1 } }),
    });
  }

  #time(what: string, seconds: number): void {
    const tag = `${this.load.arm.name}.${what}`;
    const histogram = this.histograms.get(tag) ?? createHistogram();
    this.histograms.set(tag, histogram);
    recordUs(histogram, Math.round(seconds * 1e6));
  }

  #add(atSec: number, counts: Partial<SeriesCounts>): void {
    const second = Math.floor(atSec);
    const known = this.bySecond.get(second) ?? {};
    this.bySecond.set(second, addDeeply(known, counts));
  }
}

function ageBin(seconds: number): number {
  return Math.floor(seconds * 10) * 100;
}

/** Adds numbers wherever they stand; times of first and last begin are taken as they come. */
function addDeeply<T extends object>(sum: T, part: T): T {
  const target = sum as Record<string, unknown>;
  for (const [key, value] of Object.entries(part)) {
    if (key === 'firstBegunUs') target[key] ??= value;
    else if (key === 'lastBegunUs') target[key] = value;
    else if (typeof value === 'number') target[key] = Number(target[key] ?? 0) + value;
    else target[key] = addDeeply((target[key] ?? {}) as object, value as object);
  }
  return sum;
}

function record(loads: readonly Load[], recorders: readonly Recorder[], more: More): Records {
  const tally = new Tally();
  const seconds = Math.max(...recorders.flatMap(({ bySecond }) => [...bySecond.keys()]));
  for (let second = 0; second <= seconds; second += 1) {
    const series = recorders.map(
      ({ load, bySecond }) => [load.arm.name, bySecond.get(second) ?? {}] as const,
    );
    tally.add({
      ...frameOf(second, Object.fromEntries(series)),
      ...(second === 0 && more.near !== undefined ? { hostCounters: more.near } : {}),
      ...(second === 0 && more.far !== undefined ? { farCounters: more.far } : {}),
    });
  }
  const scenario = scenarioOf({ arms: loads.map(({ arm }) => arm), ...more.scenario });
  const histograms = new Map(recorders.flatMap((one) => [...one.histograms]));
  const { nat, pings, both, firewall } = more;
  const whole = summarise({ run: RUN, scenario, tally, histograms, ...(nat === undefined ? {} : { nat }) });
  const summary = {
    ...whole,
    ...(pings === undefined ? {} : { pings }),
    ...(firewall === undefined ? {} : { firewall }),
  };
  return { scenario, tally, summary, nat, both };
}

/** An arm that sends requests through a proxy. */
export function asking(name: string, changes: Partial<Arm> = {}): Arm {
  return armOf({
    name,
    via: 'proxy',
    close: 'peer',
    expect: { kind: 'status', statuses: [200] } as Arm['expect'],
    ...changes,
  });
}
