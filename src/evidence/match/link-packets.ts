import type { AnswerSeen, HandshakeSeen, SynSeen } from '../handshakes/types.ts';
import { type FarClock, LEAST_SLACK_US } from './offsets.ts';
import type { Pair } from './types.ts';

/** An answer takes no longer on its way. */
const LONGEST_WAY_US = 5_000_000;

/** Which packets of a handshake's two sides are the same one. */
export interface Links {
  /** For each copy of the SYN that left, the one that arrived; undefined: none was seen to. */
  readonly arrived: readonly (SynSeen | undefined)[];
  /** For each answer that the far side sent, the one that came back. */
  readonly returned: ReadonlyMap<AnswerSeen, AnswerSeen>;
  /** Answers that came back and that the far side sent. */
  readonly sent: ReadonlyMap<AnswerSeen, AnswerSeen>;
  /** Those that met this side, and that the far side never sent. */
  readonly invented: ReadonlySet<AnswerSeen>;
}

/** Finds the packets of a handshake that both sides have. */
export function linkPackets({ near, far, by }: Pair, clock: FarClock): Links {
  const keepsNumbers = near.syns[0]!.isn === far.syns[0]!.isn;
  const returned = new Map<AnswerSeen, AnswerSeen>();
  const sent = new Map<AnswerSeen, AnswerSeen>();
  for (const received of near.answers) {
    const one = far.answers.find(
      (answer) =>
        !returned.has(answer) &&
        isSame(received, answer, keepsNumbers && by === 'isn') &&
        isInTime(received.atUs, answer.atUs, clock),
    );
    if (one === undefined) continue;
    returned.set(one, received);
    sent.set(received, one);
  }
  const invented = new Set(near.answers.filter((answer) => !sent.has(answer) && !mayLack(far, answer)));
  return { arrived: linkSyns(near.syns, far.syns, clock), returned, sent, invented };
}

/** What went on at the far side shows that it sent one, which its capture lacks. */
function mayLack(far: HandshakeSeen, { kind, acknowledges }: AnswerSeen): boolean {
  if (kind === 'icmp') return false;
  if (kind === 'rst') return far.fromServer.rsts > 0 && far.answers.every((answer) => answer.kind !== 'rst');
  return kind === 'syn-ack' && acknowledges !== 'another' && lacksSynAck(far);
}

/**
 * Whether a server accepted a connection, and its SYN-ACK is not in the capture. That its client went on is not enough: something in
 * between may have answered that, and then an RST of the server is what shows.
 */
export function lacksSynAck({ answers, establishedAtUs, fromServer }: HandshakeSeen): boolean {
  const hasAccepted = !Number.isNaN(establishedAtUs) && fromServer.packets > 0 && fromServer.rsts === 0;
  return hasAccepted && answers.every(({ kind }) => kind !== 'syn-ack');
}

function isSame(one: AnswerSeen, other: AnswerSeen, keepsNumbers: boolean): boolean {
  if (one.kind !== other.kind) return false;
  if (one.kind === 'icmp') return one.icmp?.type === other.icmp?.type && one.icmp?.code === other.icmp?.code;
  return !keepsNumbers || (one.seq === other.seq && one.ack === other.ack);
}

function isInTime(nearUs: number, farUs: number, clock: FarClock): boolean {
  const wayUs = nearUs - clock.toNearUs(farUs, nearUs);
  return wayUs >= -clock.toleranceUs && wayUs <= LONGEST_WAY_US;
}

function linkSyns(
  sent: readonly SynSeen[],
  arrived: readonly SynSeen[],
  clock: FarClock,
): (SynSeen | undefined)[] {
  const left = new Set(arrived);
  return sent.map(({ atUs }) => {
    const expectedUs = clock.arrivalUs(atUs);
    let nearest: SynSeen | undefined;
    for (const one of left) {
      const isNearer =
        nearest === undefined || Math.abs(one.atUs - expectedUs) < Math.abs(nearest.atUs - expectedUs);
      if (Math.abs(one.atUs - expectedUs) <= LEAST_SLACK_US && isNearer) nearest = one;
    }
    if (nearest !== undefined) left.delete(nearest);
    return nearest;
  });
}
