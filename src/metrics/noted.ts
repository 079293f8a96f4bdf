import type { AttemptRecord } from '../engine/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { isSampled } from '../outcome/sample.ts';
import type { HandshakeVerdict } from '../outcome/stall.ts';

/** Why the packets of an attempt are looked at. */
export const NOTED_KINDS = [
  'recovered',
  'frozen',
  'unresolved',
  /** Retransmitted, but quick. */
  'healed',
  'refused',
  'reset',
  /** Given up, by a time limit below that of a stall. */
  'unanswered',
  /** One of a random sample, see outcome/sample.ts. */
  'healthy',
] as const;
export type NotedKind = (typeof NOTED_KINDS)[number];

/** An attempt whose packets are looked at. */
export interface NotedAttempt {
  /** Indexes of the plan. */
  readonly arm: number;
  readonly endpoint: number;
  /** -1: the system chose the address. */
  readonly source: number;
  /** 0: not known. */
  readonly sourcePort: number;
  readonly attempt: number;
  readonly isRamp: boolean;
  readonly kind: NotedKind;
  /** Microseconds since the start of the segment. */
  readonly startedAtUs: number;
  /** When its handshake was judged. */
  readonly judgedAtUs: number;
}

const WIDTH = 9;

/** Per second and thread; any others are only counted. */
const MOST = 1_000;
/** Healthy ones among them. */
const MOST_HEALTHY = 2;

/** Attempts whose packets are to be looked at, as numbers, which cost next to nothing to post to another thread. */
export class NotedAttempts {
  #numbers: number[] = [];
  #healthy = 0;

  /**
   * Adds an attempt whose handshake was judged, if the verdict is of interest.
   * @returns whether it is of interest
   */
  addJudged(
    record: Readonly<AttemptRecord>,
    isRamp: boolean,
    isEstablished: boolean,
    verdict: HandshakeVerdict,
  ): boolean {
    const isHealthy = verdict === 'prompt' && isEstablished && isSampled(record.arm, record.attempt);
    const kind = isHealthy ? 'healthy' : notedOfVerdict(verdict);
    if (kind === undefined) return false;
    this.#add(record, isRamp, kind, isEstablished ? record.establishedAtUs : record.endedAtUs);
    return true;
  }

  /** Adds an attempt that did not stall, if the way it ended is of interest. */
  addEnded(record: Readonly<AttemptRecord>, isRamp: boolean, outcome: Outcome): void {
    const kind = notedOfOutcome(outcome);
    if (kind !== undefined) this.#add(record, isRamp, kind, record.endedAtUs);
  }

  #add(record: Readonly<AttemptRecord>, isRamp: boolean, kind: NotedKind, judgedAtUs: number): void {
    if (this.#numbers.length >= MOST * WIDTH) return;
    if (kind === 'healthy') {
      if (this.#healthy >= MOST_HEALTHY) return;
      this.#healthy += 1;
    }
    const { arm, endpoint, source, sourcePort, attempt, startedAtUs } = record;
    this.#numbers.push(arm, endpoint, source, sourcePort, attempt, isRamp ? 1 : 0);
    this.#numbers.push(NOTED_KINDS.indexOf(kind), startedAtUs, judgedAtUs);
  }

  /** All since the last call; undefined if there are none. */
  take(): Float64Array | undefined {
    if (this.#numbers.length === 0) return undefined;
    const taken = Float64Array.from(this.#numbers);
    this.#numbers = [];
    this.#healthy = 0;
    return taken;
  }
}

export function readNoted(numbers: Float64Array): NotedAttempt[] {
  return Array.from({ length: numbers.length / WIDTH }, (_, index) => {
    const [arm, endpoint, source, sourcePort, attempt, ramp, kind, startedAtUs, judgedAtUs] =
      numbers.subarray(index * WIDTH, (index + 1) * WIDTH) as unknown as [
        ...[number, number, number, number, number, number, number, number, number],
      ];
    return {
      ...{ arm, endpoint, source, sourcePort, attempt, startedAtUs, judgedAtUs },
      isRamp: ramp === 1,
      kind: NOTED_KINDS[kind]!,
    };
  });
}

function notedOfVerdict(verdict: HandshakeVerdict): NotedKind | undefined {
  return verdict === 'prompt' || verdict === 'slow' ? undefined : verdict;
}

function notedOfOutcome(outcome: Outcome): NotedKind | undefined {
  switch (outcome) {
    case 'handshake-refused':
    case 'handshake-unreachable':
      return 'refused';
    case 'handshake-reset':
    case 'response-reset':
      return 'reset';
    case 'handshake-timeout':
      return 'unanswered';
    default:
      return undefined;
  }
}
