import { timeoutsOf } from '../observations/contrasts.ts';
import { countCameTwice, countResponsesResent } from '../observations/segments.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { besideOf } from './cuts.ts';
import { contradicts, decides, MOST, NOTHING, percent, supports } from './judgements.ts';
import { COPIES } from './own-drops.ts';
import { countResponsesLate } from './responses.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

/** Fewer are an accident. */
const FEWEST_LATE = 3;
const FEWEST_RESENT = 10;

/** Of the segments with a hole before them, so many follow one that was late where any is, and so few where all were lost. */
const LATE_ONES = 0.5;
const HARDLY_ANY = 0.1;

/** Handshakes enough to say how long they take; and what is shorter than the shortest time-out of a segment, 200 ms (TCP_RTO_MIN). */
const ENOUGH_HANDSHAKES = 100;
const ENOUGH_MEASURED = 200;
const ENOUGH_MEASURED_OF_FEW = 500;
const PROMPT_US = 150_000;

/** TCP_RTO_MIN, 200 ms, and what ticks and a round trip of some 50 ms add. */
const SENT_AGAIN_FROM_US = 190_000;
const SENT_AGAIN_TO_US = 260_000;

export const lossAfter = {
  id: 'loss-after-handshake',
  name: 'loss of what comes after the handshake',
  explains: ['late', 'holes'],
  predicts:
    'handshakes clean; first bytes late by 0.2 s, 0.6 s and so on, and the request sent again where it was the own one that was lost',
  scope: { ...EVERYTHING, host: 'either', size: 'either' },
  judge: (symptom, seen) =>
    symptom.kind === 'holes' ? judgeHoles(symptom, seen) : judgeResent(symptom, seen),
  decidedBy: [
    {
      text: 'captures on both sides: which of request, acknowledgement and response did not arrive',
      command: 'rushhour pcap NEAR.pcap --far FAR.pcap',
    },
  ],
  next: [
    {
      text: 'find what tells data from SYNs: inspection, a policer by size or class, a queue; look at its counters',
    },
  ],
  proof: 'captures on both sides of the box that loses them',
  source: 'RFC 6298; measured on Linux 6.18',
} as const satisfies Cause;

function judgeResent({ arm, count }: Symptom, seen: Observations): Judgement[] {
  const { requestsResent: resent, responsesLate: late, stalled } = arm.summary;
  if (resent === undefined && late === undefined) return NOTHING;
  if (timeoutsOf(arm.summary) > count / 2)
    return contradicts(
      `${timeoutsOf(arm.summary)} of ${count} were never answered, though what was lost was sent again`,
    );
  if (stalled.ci95[0] > Math.max(resent?.ci95[1] ?? 0, late?.ci95[1] ?? 0) / 4)
    return contradicts(`handshakes were lost, too (${percent(stalled.rate)})`);
  return [
    ...supports(
      `${resent?.count ?? 0} of ${resent?.measured ?? 0} requests were sent again, and ${percent(stalled.rate)} of the handshakes stalled`,
    ),
    ...judgeFar(seen),
    ...judgeSpared(arm, seen),
  ];
}

/**
 * Requests that were sent again, while handshakes with the same endpoint were prompt, all but a few: what stands still for as long as
 * it takes to send a request again keeps SYN-ACKs back as long.
 */
function judgeSpared(arm: ArmSeen, seen: Observations): Judgement[] {
  const { requestsResent: resent } = arm.summary;
  if (resent === undefined || resent.count < FEWEST_RESENT) return NOTHING;
  const beside = besideOf({ arm }, seen).filter(({ started }) => started >= ENOUGH_HANDSHAKES);
  const isFew = resent.ci95[0] < 0.02;
  const slowest = Math.max(
    ...beside.map(({ summary: { handshakeUs } }) => (isFew ? handshakeUs.p999 : handshakeUs.p99)),
  );
  const measured = beside.reduce((sum, { summary }) => sum + summary.handshakeUs.count, 0);
  if (
    measured < (isFew ? ENOUGH_MEASURED_OF_FEW : ENOUGH_MEASURED) ||
    slowest >= PROMPT_US ||
    !cameAfterTimer(arm)
  )
    return NOTHING;
  return decides(
    `${resent.count} of ${resent.measured} requests were sent again, while ${isFew ? '99.9' : '99'} % of ${measured} handshakes with the same endpoint took ${Math.ceil(slowest / 1_000)} ms or less`,
  );
}

/**
 * Whether late first bytes came as a segment is sent again for the first time. What was kept for longer, by an inspection that waits for
 * its verdict, is sent again as well, and nothing was lost.
 */
function cameAfterTimer({ summary: { requestsResent, service } }: ArmSeen): boolean {
  const { firstByteUs } = service;
  const { rate = 0 } = requestsResent ?? {};
  const lateUs = rate >= 0.15 ? firstByteUs.p90 : rate >= 0.015 ? firstByteUs.p99 : firstByteUs.p999;
  const afterUs = lateUs - firstByteUs.p50;
  return afterUs >= SENT_AGAIN_FROM_US && afterUs <= SENT_AGAIN_TO_US;
}

/**
 * What came with a hole before it followed something that was sent again. That alone is no proof of loss: what comes late by more than a
 * part of the round trip, behind what was sent after it, is sent again as well (RACK, RFC 8985 section 6.2), but then arrives twice.
 */
function judgeHoles({ text, count }: Symptom, seen: Observations): Judgement[] {
  const resent = countResponsesResent(seen);
  const twice = countCameTwice(seen);
  if (twice !== undefined && twice >= count * LATE_ONES)
    return contradicts(`${twice} segments came although they had come before: late, and not lost`);
  if (resent === undefined) return supports(`${text}, which are nearly all that this machine had`);
  const again = `${text}, and the far end sent ${resent} segments again: within milliseconds, as more had followed them`;
  return twice !== undefined && twice <= count * HARDLY_ANY && resent >= count * MOST
    ? decides(`${again}; ${twice === 0 ? 'none' : twice} came twice, as what is late does`)
    : supports(again);
}

/** A response that came late is one that the far end sent again, if it counts as many; or else something waited. */
function judgeFar(seen: Observations): Judgement[] {
  const resent = countResponsesResent(seen);
  const late = countResponsesLate(seen);
  if (resent === undefined || late < FEWEST_LATE) return NOTHING;
  const text = `the far end sent ${resent} segments again, for ${late} responses that came late though their requests had not been`;
  return resent >= late * MOST && resent <= late * COPIES ? decides(text) : NOTHING;
}
