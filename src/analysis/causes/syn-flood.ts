import { medianOf } from '../median.ts';
import type { Gap, Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { describeOwnClock } from './own-clock.ts';
import { describeCounting } from './room.ts';
import { expectGaps, explainedOtherwise, isSteady, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** Outages of a defence last for its timer, to this share. */
const SAME_LENGTH = 0.15;

export const synFlood = {
  id: 'syn-flood-defence',
  name: 'a defence against SYN floods that steps in above a rate',
  explains: ['stalled'],
  predicts:
    'clean, then outages of the same length each, in phases; a lower rate ends it; options of SYN-ACKs may change while it is on',
  scope: {
    ...{ port: 'alike', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...expectGaps(symptom),
    ...judgePhases(symptom),
    ...judgeOwnClock(symptom, seen),
    ...judgeByRate(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen']),
    ...explainedOtherwise(symptom, seen, 'clock'),
  ],
  decidedBy: [
    {
      text: 'a load that steps up above the rate, and down to a tenth of it for some minutes: outages of the same length above, none below',
      command: 'rushhour run steady --rate LOWER_RATE --proxy PROXY:PORT --target URL',
    },
  ],
  next: [
    {
      text: "look for the defence's log of that time; raise its threshold above the rush hour's rate, or exempt the proxy",
    },
    {
      firewall: 'Check Point',
      text: 'fwaccel synatk config: SYN Defender, on above high_threshold (5,000), off below low_threshold (1,000), active for 60 s at least',
      source:
        'https://sc1.checkpoint.com/documents/R81.20/WebAdminGuides/EN/CP_R81.20_PerformanceTuning_AdminGuide/Content/Topics-PTG/CLI/fwaccel-synatk-config.htm',
    },
  ],
  proof: "the defence's own log names the times of the outages",
  source: 'vendor document (Check Point SYN Defender); measured with nftables on Linux 6.18',
} as const satisfies Cause;

function judgePhases({ arm: { gaps } }: Symptom): Judgement[] {
  const whole = gaps.filter(({ isWhole }) => isWhole);
  if (whole.length < 2) return NOTHING;
  const lengths = whole.map((gap) => gap.toSec - gap.fromSec);
  const median = medianOf(lengths);
  const isSame = lengths.every((length) => Math.abs(length - median) <= Math.max(1, median * SAME_LENGTH));
  return isSame
    ? supports(`${whole.length} outages of ${tenths(median)} s each, ${describePauses(gaps)} apart`)
    : NOTHING;
}

function judgeByRate(symptom: Symptom, seen: Observations): Judgement[] {
  const clock = describeOwnClock(symptom, seen);
  return clock === undefined ? NOTHING : decides(clock);
}

function describePauses(gaps: readonly Gap[]): string {
  const pauses = gaps.slice(1).map(({ fromSec }, index) => fromSec - gaps[index]!.toSec);
  return `${tenths(medianOf(pauses))} s`;
}

/** It goes by its own clock, not by what is closed. */
function judgeOwnClock(symptom: Symptom, seen: Observations): Judgement[] {
  const filling = describeCounting(symptom, seen);
  const { plateau } = symptom.arm;
  const none = nothingPassed(symptom, seen);
  return [
    ...(filling === undefined ? [] : contradicts(`${filling}; a defence goes by its own clock`)),
    ...(none === undefined ? [] : contradicts(`${none}; below its rate it lets everything pass`)),
    ...(plateau?.cleanUpToPerSec === undefined || !isSteady(plateau)
      ? []
      : contradicts(
          `${plateau.establishedPerSec}/s got through, the same in every second, whether ${plateau.offeredPerSec.join(' or ')}/s were tried; a defence is on for a time, and then off`,
        )),
  ];
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
