import { countHoles, FEWEST_HOLES } from '../observations/segments.ts';
import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { besideOf } from './cuts.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, percent, supports } from './judgements.ts';
import { accountForLoss, areSynAcksLost, describeLossTowardsHere } from './loss-account.ts';
import { describeCounting } from './room.ts';
import { EVERYTHING } from './scope.ts';
import { allStalls, countOverflows, explainedOtherwise, nothingPassed, passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { describeUntaken } from './untaken.ts';

/** Requests enough to say that they are not lost as SYNs are. */
const ENOUGH_REQUESTS = 200;

/** Handshakes enough to say that they were spared. */
const ENOUGH_LATE = 100;

export const loss = {
  id: 'loss',
  name: 'a path that loses packets of any kind',
  explains: ['stalled', 'late', 'holes'],
  predicts:
    'every arm alike, at any rate and any age of a port; requests are lost as often as SYNs; stalls heal as SYNs are sent again',
  scope: { ...EVERYTHING, host: 'either', source: 'either', size: 'either' },
  judge: (symptom, seen) =>
    symptom.kind === 'late'
      ? judgeLate(symptom, seen)
      : symptom.kind === 'holes'
        ? judgeHoles(symptom, seen)
        : [
            ...judgeRequests(symptom, seen),
            ...judgeAllOrNothing(symptom, seen),
            ...expectSilence(symptom),
            ...judgeFates(symptom, seen, ['not-seen', 'syn-ack-lost']),
          ],
  decidedBy: [
    {
      text: 'a low rate from ports that are used once, with requests on the connections',
      command: 'rushhour run loss-check --proxy PROXY:PORT --target URL',
    },
  ],
  next: [
    {
      text: 'find where it is lost: counters of errors and drops on each interface of the way, duplex, optics, queues; mtr with TCP SYNs; where more is lost at a higher rate, a policer of packets or bytes',
    },
  ],
  proof: 'the counter of an interface or a queue that grows with the stalls; captures on both of its sides',
  source: 'RFC 6298 (timers); measured with nftables on Linux 6.18',
} as const satisfies Cause;

function judgeRequests(symptom: Symptom, seen: Observations): Judgement[] {
  const account = accountForLoss(symptom)?.text ?? describeLossTowardsHere(symptom, seen);
  if (account !== undefined) return decides(account);
  const { requestsResent: resent, stalled } = symptom.arm.summary;
  if (resent === undefined || resent.measured < ENOUGH_REQUESTS || resent.ci95[1] * 4 >= stalled.ci95[0])
    return NOTHING;
  // Requests go the other way than SYN-ACKs.
  if (areSynAcksLost(symptom, seen)) return NOTHING;
  // Without a far side, holes in what comes from there tell of that way.
  if (seen.both === undefined && countHoles(seen) >= FEWEST_HOLES) return NOTHING;
  return contradicts(
    `${resent.count} of ${resent.measured} requests on open connections were lost (${percent(resent.ci95[1])} at most), against ${percent(stalled.rate)} of the SYNs`,
  );
}

function judgeAllOrNothing(symptom: Symptom, seen: Observations): Judgement[] {
  const { plateau } = symptom.arm;
  const filling = describeCounting(symptom, seen);
  const none = nothingPassed(symptom, seen);
  const overflows = countOverflows(seen) ?? 0;
  const { started, passed } = passedInGaps(symptom);
  return [
    ...(none === undefined ? [] : contradicts(none)),
    ...explainedOtherwise(symptom, seen, 'loss'),
    ...(filling === undefined ? [] : contradicts(`${filling}; loss knows nothing of that`)),
    ...(started >= 50 && passed <= started * 0.01
      ? contradicts(
          `in some seconds ${passed} of ${started} got through, in others all: loss spares some of each second`,
        )
      : []),
    ...(plateau?.cleanUpToPerSec === undefined
      ? []
      : contradicts(
          `at ${plateau.cleanUpToPerSec}/s nothing was lost, and above it the same number got through whatever was tried`,
        )),
    ...(overflows >= allStalls(seen) * 0.3 && overflows > 0
      ? contradicts(`the far end counted ${overflows} SYNs and ACKs that found its queue full`)
      : []),
  ];
}

/** What spares handshakes and hits nearly all that follows is no loss of any packet. */
const NEARLY_ALL = 0.9;
const HARDLY_ANY = 0.05;

function judgeLate(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm, count, of } = symptom;
  const untaken = describeUntaken(symptom, seen);
  if (untaken !== undefined) return contradicts(untaken);
  if (of >= ENOUGH_LATE && count >= of * NEARLY_ALL && arm.summary.stalled.ci95[1] < HARDLY_ANY)
    return contradicts(
      `${count} of ${of} were late or unanswered after the handshake, and ${percent(arm.summary.stalled.rate)} of the handshakes stalled`,
    );
  const account = accountForLoss({
    kind: 'stalled',
    arm,
    count: arm.stalled,
    of: arm.started,
    contrasts: [],
    text: '',
  });
  if (account !== undefined) return supports(account.text);
  const { requestsResent, responsesLate } = arm.summary;
  const [spared, { stalled, started }] = stalledBeside(arm, seen);
  if ((countOverflows(seen) ?? 0) >= allStalls(seen) * 0.3 && allStalls(seen) > 0) return NOTHING;
  // On either way as many SYNs, or SYN-ACKs, would have been lost.
  const lost = [
    ['requests that were sent again', requestsResent],
    ['responses that came late', responsesLate],
  ] as const;
  return lost.flatMap(([what, share]) =>
    share !== undefined && spared * 4 < share.ci95[0]
      ? contradicts(
          `${stalled} of ${started} handshakes with that endpoint stalled, against ${percent(share.rate)} ${what}`,
        )
      : NOTHING,
  );
}

/** A path that loses any packet towards here loses as many SYN-ACKs. */
function judgeHoles({ arm, count, of }: Symptom, seen: Observations): Judgement[] {
  const [spared, { stalled, started }] = stalledBeside(arm, seen);
  const [least] = wilsonInterval(count, of);
  return spared * 4 < least
    ? contradicts(
        `${stalled} of ${started} handshakes with that endpoint stalled, against ${count} holes on ${of} connections`,
      )
    : NOTHING;
}

/** Of all arms to the same endpoint: the most that may have stalled, of a hundred, and what was counted. */
function stalledBeside(
  arm: ArmSeen,
  seen: Observations,
): [share: number, { readonly stalled: number; readonly started: number }] {
  const beside = besideOf({ arm }, seen);
  const stalled = beside.reduce((sum, one) => sum + one.stalled, 0);
  const started = beside.reduce((sum, one) => sum + one.started, 0);
  return [wilsonInterval(Math.min(stalled, started), started)[1], { stalled, started }];
}
