import { hostOf } from '../observations/differences.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, judgeFates, NOTHING, supports } from './judgements.ts';
import { refusedAsUnreachable, refusedByReset, refusedByRule } from './refusals.ts';
import { describeCounting } from './room.ts';
import { expectGaps, explainedOtherwise, passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** A ping a second: fewer seconds than this may fall between two. */
const SHORTEST_SEC = 3;

export const outage = {
  id: 'outage',
  name: 'the path, or the far host, was away for a time',
  explains: ['stalled', 'refused'],
  predicts:
    'for one or more stretches nothing gets through, of no arm and no ping, whatever the rate; before and after all is well',
  scope: {
    ...{ port: 'alike', host: 'either', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...(symptom.kind === 'refused' ? judgeRefusals(symptom) : expectGaps(symptom)),
    ...judgeGaps(symptom, seen),
    ...judgePings(symptom, seen),
    ...judgeFates(symptom, seen, ['not-seen', 'unanswered', 'syn-ack-lost']),
    ...explainedOtherwise(symptom, seen),
  ],
  decidedBy: [
    {
      text: 'pings and another port of the same host at the same time; a second run: does it come back, and at the same rate?',
    },
  ],
  next: [{ text: 'look into the logs of firewall, switches and far host at the times of the outages' }],
  proof: 'an event in a log at those times: a link that went down, a failover, a host that stood still',
  source: 'common knowledge',
} as const satisfies Cause;

/** A router tells of a host or network that is gone; an RST comes from a host that is there. */
function judgeRefusals(symptom: Symptom): Judgement[] {
  const unreachable = refusedAsUnreachable(symptom);
  if (unreachable !== undefined) return supports(unreachable);
  const other = refusedByReset(symptom) ?? refusedByRule(symptom);
  return other === undefined ? NOTHING : contradicts(other);
}

function judgeGaps(symptom: Symptom, seen: Observations): Judgement[] {
  const filling = describeCounting(symptom, seen);
  if (filling !== undefined) return contradicts(`${filling}; an outage knows nothing of that`);
  const { started, passed } = passedInGaps(symptom);
  if (started < 50) return NOTHING;
  return passed > started * 0.05
    ? contradicts(`even in its worst seconds ${passed} of ${started} got through`)
    : supports(`in its outages ${passed} of ${started} got through`);
}

function judgePings({ arm }: Symptom, { pings = {} }: Observations): Judgement[] {
  const goneSec = arm.gaps.reduce((sum, gap) => sum + gap.toSec - gap.fromSec, 0);
  if (goneSec < SHORTEST_SEC) return NOTHING;
  const hosts = new Set(
    Object.keys(arm.summary.endpoints).map((endpoint) => hostOf(endpoint).replace(/^\[|\]$/g, '')),
  );
  const own = Object.entries(pings).filter(([address]) => hosts.has(address));
  const [sent, answered] = [
    own.reduce((sum, [, one]) => sum + one.sent, 0),
    own.reduce((sum, [, one]) => sum + one.answered, 0),
  ];
  if (sent < goneSec || answered === 0) return NOTHING;
  if (sent - answered < goneSec / 2)
    return contradicts(
      `${answered} of ${sent} pings to the same address were answered, though connections failed for ${Math.round(goneSec)} s`,
    );
  return supports(`${sent - answered} of ${sent} pings to the same address were lost, too`);
}
