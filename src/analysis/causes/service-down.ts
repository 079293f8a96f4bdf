import type { Observations, Symptom } from '../observations/types.ts';
import { besideOf, countCut, countCutsUntried, FEWEST_CUT } from './cuts.ts';
import { describeDownTimes, listDownTimes, shareInDownTimes } from './down-times.ts';
import { contradicts, decides, fewLie, MOST, NOTHING, shareAtGaps, supports } from './judgements.ts';
import { refusedByRule, resetsByTtl } from './refusals.ts';
import { passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const serviceDown = {
  id: 'service-down',
  name: 'a service that did not listen for a time: it was down or restarted, or its address was with another host',
  explains: ['refused', 'broken', 'cut'],
  predicts:
    'for a time every SYN is refused by the far end itself, of every arm and source, and none stalls; connections that were open end as that begins',
  scope: {
    ...{ port: 'perhaps', host: 'perhaps', source: 'alike', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) =>
    symptom.kind === 'broken'
      ? judgeBroken(seen)
      : symptom.kind === 'cut'
        ? judgeCut(symptom, seen)
        : judgeRefusals(symptom, seen),
  decidedBy: [
    {
      text: 'the TTL of the RSTs beside that of SYN-ACKs (root, or CAP_NET_RAW)',
      command: 'rushhour run SCENARIO --capture on ...',
    },
  ],
  next: [{ text: 'look into the log of the proxy or service at that time: it ended, or was restarted' }],
  proof: "the service's own log has its start at the end of the outage",
  source: 'RFC 9293 section 3.5.2 (a closed port answers with RST)',
} as const satisfies Cause;

/** What was open as it ended was broken; what came while it was away was refused. */
function judgeBroken({ arms }: Observations): Judgement[] {
  return arms.every(({ refused }) => refused === 0)
    ? contradicts('not one handshake was refused: what does not listen refuses them')
    : NOTHING;
}

/** What was open ended as it began to refuse. */
function judgeCut(symptom: Symptom, seen: Observations): Judgement[] {
  const beside = besideOf(symptom, seen);
  const times = listDownTimes(beside);
  const cut = countCut([symptom.arm], times, beside);
  if (cut >= symptom.count * MOST)
    return supports(`${cut} of ${symptom.count} were cut as others began to be refused`);
  // It has been down at other times, and nothing was tried that could have been refused in these.
  if (times.length > 0 && cut + countCutsUntried(symptom.arm, beside) >= symptom.count * MOST) return NOTHING;
  return contradicts(
    cut === 0
      ? `none of ${symptom.count} was cut as others began to be refused`
      : `only ${cut} of ${symptom.count} were cut as others began to be refused`,
  );
}

function judgeRefusals(symptom: Symptom, seen: Observations): Judgement[] {
  const down = describeDownTimes(symptom, seen);
  return down === undefined ? [...judgeGaps(symptom, seen), ...judgeSender(symptom, seen)] : decides(down);
}

function judgeGaps(symptom: Symptom, seen: Observations): Judgement[] {
  const { arm, count } = symptom;
  const share = shareAtGaps(symptom);
  if (share < 0.8 && shareInDownTimes(symptom, seen) < 0.8)
    return contradicts(
      `${fewLie(share, 'the refusals')} in or beside seconds in which nearly all were refused`,
    );
  const stalled = arm.gaps.reduce((sum, gap) => sum + gap.stalled, 0);
  if (stalled > count * 0.05)
    return contradicts(`${stalled} stalled in the same seconds: what refuses does not keep silent`);
  return NOTHING;
}

function judgeSender(symptom: Symptom, seen: Observations): Judgement[] {
  const rule = refusedByRule(symptom);
  if (rule !== undefined) return contradicts(rule);
  const resets = resetsByTtl(symptom);
  if (resets === undefined) return NOTHING;
  const { kind, text } = resets;
  if (kind === 'other') return contradicts(text);
  const { started, passed } = passedInGaps(symptom);
  const [gap, ...more] = symptom.arm.gaps;
  if (gap === undefined || more.length > 0 || passed > started * 0.1) return supports(text);
  const forSec = Math.round((gap.toSec - gap.fromSec) * 10) / 10;
  const beside = besideOf(symptom, seen);
  const cut = countCut(beside, [gap]);
  // What bans a client for a time refuses its SYNs in the endpoint's name as well, but lets live what is open.
  if (cut < FEWEST_CUT) return supports(`${text}, in an outage of ${forSec} s`);
  if (gap.isWhole)
    return decides(`${text}, in one outage of ${forSec} s; ${cut} open connections were cut as it began`);
  // It had begun before the first of these was tried.
  return isAcceptedAfter(symptom, gap.toSec)
    ? decides(`${text}, for the first ${forSec} s in which any was tried after ${cut} had been cut`)
    : supports(text);
}

function isAcceptedAfter({ arm: { series } }: Symptom, sec: number): boolean {
  return (series.bySecond.get(Math.ceil(sec) + 1)?.established ?? 0) > 0;
}
