import type { AnswerKind, FarPacket, FarSyn, SynFate } from '../../metrics/far.ts';
import type { AnswerSeen } from '../handshakes/types.ts';
import type { Links } from './link-packets.ts';
import type { FarClock } from './offsets.ts';
import type { Pair } from './types.ts';

/** What became of each copy of a handshake's SYN. */
export function tellSyns({ near, far }: Pair, links: Links, clock: FarClock): FarSyn[] {
  const beganUs = near.syns[0]!.atUs;
  const arrivals = near.syns.map(({ atUs }, index) => links.arrived[index]?.atUs ?? clock.arrivalUs(atUs));
  const answered: AnswerSeen[][] = near.syns.map(() => []);
  const returned: AnswerSeen[][] = near.syns.map(() => []);
  for (const answer of far.answers) {
    const copy = lastUpTo(arrivals, answer.atUs);
    answered[copy]?.push(answer);
    const back = links.returned.get(answer);
    if (back !== undefined) returned[copy]?.push(back);
  }
  const departures = near.syns.map(({ atUs }) => atUs);
  for (const answer of near.answers)
    if (!links.sent.has(answer)) returned[lastUpTo(departures, answer.atUs)]?.push(answer);
  return near.syns.map(({ atUs }, index) => {
    const syn = links.arrived[index];
    const back = returned[index]!.sort((a, b) => a.atUs - b.atUs);
    return {
      atUs: round(atUs - beganUs),
      arrivedAtUs: syn === undefined ? null : round(clock.toNearUs(syn.atUs, atUs) - beganUs),
      answered: answered[index]!.map(({ kind }) => kind),
      returned: back.map(({ kind }) => kind),
      fate: fateOf(syn !== undefined, answered[index]!, back, links),
    };
  });
}

function fateOf(
  hasArrived: boolean,
  answered: readonly AnswerSeen[],
  returned: readonly AnswerSeen[],
  { invented }: Links,
): SynFate {
  const [first] = returned;
  if (first !== undefined && invented.has(first)) return 'answered-by-another';
  // One that came late is a copy of one that was lost: the far side sends its SYN-ACK again after a second, as this side its SYN.
  if (first?.kind === 'syn-ack' && answered[0]?.kind === 'syn-ack' && answered.length > returned.length)
    return 'syn-ack-lost';
  if (first !== undefined) return `${first.kind}-returned`;
  if (answered[0] !== undefined) return `${answered[0].kind}-lost`;
  return hasArrived ? 'unanswered' : 'not-seen';
}

/** @returns index of the last of them that is not later; -1: all are */
function lastUpTo(times: readonly number[], atUs: number): number {
  return times.findLastIndex((time) => time <= atUs);
}

/** A handshake's packets as the far side saw them, in order, by the near clock since the first SYN left. */
export function listFarPackets(
  { near, far }: Pair,
  links: Links,
  clock: FarClock,
  most: number,
): FarPacket[] {
  const beganUs = near.syns[0]!.atUs;
  const seen = new Set(links.arrived);
  const packet = (
    atUs: number,
    way: FarPacket['way'],
    kind: 'syn' | AnswerKind,
    isSeenNear: boolean,
  ): FarPacket => ({ atUs: round(clock.toNearUs(atUs, beganUs) - beganUs), way, kind, isSeenNear });
  return [
    ...far.syns.map((syn) => packet(syn.atUs, 'in', 'syn', seen.has(syn))),
    ...far.answers.map((answer) => packet(answer.atUs, 'out', answer.kind, links.returned.has(answer))),
  ]
    .sort((a, b) => a.atUs - b.atUs)
    .slice(0, most);
}

function round(us: number): number {
  return Math.round(us * 10) / 10;
}
