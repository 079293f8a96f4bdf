import type { Observations, Symptom } from '../observations/types.ts';
import { describeTableDrops } from './firewall-counters.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { resetsByTtl } from './refusals.ts';
import { EVERYTHING } from './scope.ts';
import { excludeCounted, excludePool, explainedOtherwise, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { TABLE_STEPS } from './vendors.ts';

export const stateTableFull = {
  id: 'state-table-full',
  name: "the firewall's table of connections is full",
  explains: ['stalled', 'refused'],
  isCaseOf: 'open-limit',
  predicts:
    'new connections fail whoever opens them and to wherever, once so many are known; those that were closed stay for a while',
  scope: EVERYTHING,
  judge: (symptom, seen) => [
    ...judgeRelease(symptom, seen),
    ...excludeCounted(symptom, seen),
    ...judgeSender(symptom),
    ...judgeFirewall(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen']),
    ...excludePool(symptom, seen),
    ...explainedOtherwise(symptom, seen, 'table'),
  ],
  decidedBy: [
    {
      text: "the firewall's own count and its maximum, during the load",
      command: "rushhour run table-capacity --firewall-before 'ssh fw conntrack -S' ...",
    },
  ],
  next: TABLE_STEPS,
  proof:
    "the firewall's count stands at its maximum while connections fail, and its counter of drops grows by as many",
  source: 'https://docs.kernel.org/networking/nf_conntrack-sysctl.html (nf_conntrack_max)',
} as const satisfies Cause;

function judgeRelease(symptom: Symptom, seen: Observations): Judgement[] {
  const passed = nothingPassed(symptom, seen);
  if (passed !== undefined) return contradicts(`${passed}; where others come and go, some get in`);
  // Room at once excludes nothing: a table may forget what is closed without delay, or make room for new entries among the closed ones.
  const { room, release } = symptom.arm.held ?? {};
  return room !== undefined && release !== undefined && room.lowSec >= 1
    ? supports(`there was room again only ${release.lowSec} to ${release.highSec} s after the first close`)
    : NOTHING;
}

/** A firewall that is full answers for itself. */
function judgeSender(symptom: Symptom): Judgement[] {
  const resets = symptom.kind === 'refused' ? resetsByTtl(symptom) : undefined;
  return resets?.kind === 'own' ? contradicts(resets.text) : NOTHING;
}

function judgeFirewall(symptom: Symptom, seen: Observations): Judgement[] {
  const drops = describeTableDrops(symptom, seen);
  return drops === undefined ? NOTHING : decides(drops);
}
