import type { Observations, Symptom } from '../observations/types.ts';
import { besideOf, countCut, FEWEST_CUT } from './cuts.ts';
import { describeDownTimes } from './down-times.ts';
import { contradicts, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { resetsByTtl } from './refusals.ts';
import { describeTwoHolds, roomCameWithClose } from './room.ts';
import { expectGaps, explainedOtherwise, isSteady, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** Counts what was opened, not what is open: to what only holds connections it looks like a limit, or like a pool of ports. */
export const windowLimit = {
  id: 'window-limit',
  name: 'a limit of new connections within a longer time, or a block for a time once they were too many',
  explains: ['stalled', 'refused'],
  predicts:
    'a number gets through, whether fast or slowly, then none until its time is over, whatever is closed meanwhile',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...(symptom.kind === 'stalled' ? expectGaps(symptom) : NOTHING),
    ...judgeTimes(symptom, seen),
    ...judgeSender(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen', 'unanswered', 'rst-returned']),
    ...explainedOtherwise(symptom, seen),
  ],
  decidedBy: [
    {
      text: 'the same load with connections held for another time: does room come so long after the first was opened, or after it was closed?',
      command:
        'rushhour run port-exhaustion --target tcp://HOST:PORT --set arms.fill.hold=73s --set arms.other-port.target=tcp://HOST:PORT2',
    },
  ],
  next: [
    {
      text: 'look for rules that count connections per minute or block a source for a time: IPS, DoS policies, lists of offenders',
    },
    {
      firewall: 'pf',
      text: 'max-src-conn-rate NUMBER / SECONDS in a rule, and the table that its overload fills',
      source: 'https://man.freebsd.org/cgi/man.cgi?query=pf.conf&sektion=5',
    },
    {
      firewall: 'Linux',
      text: 'nft list ruleset, iptables-save: recent (hitcount), sets with a timeout',
      source: 'https://manpages.ubuntu.com/manpages/noble/man8/iptables-extensions.8.html',
    },
  ],
  proof:
    'with that number doubled, twice as many get through before it; a log or a list of blocked sources at those times',
  source: 'pf.conf(5) (max-src-conn-rate), iptables-extensions(8) (recent)',
} as const satisfies Cause;

function judgeTimes(symptom: Symptom, seen: Observations): Judgement[] {
  const none = nothingPassed(symptom, seen);
  if (none !== undefined) return contradicts(`${none}; it lets the first ones in`);
  const { plateau, held } = symptom.arm;
  if (plateau !== undefined && isSteady(plateau))
    return contradicts(`${plateau.establishedPerSec}/s got through in each second, never none for long`);
  const room = roomCameWithClose(symptom.arm) ?? describeTwoHolds(symptom, seen);
  if (room !== undefined) return contradicts(`${room}; what counts new ones knows nothing of closes`);
  return held?.release !== undefined && held.release.lowSec >= 1
    ? supports(
        `there was room again ${held.release.lowSec} to ${held.release.highSec} s after the first close`,
      )
    : NOTHING;
}

/** A firewall that refuses answers for itself, and a host that bans a client in its own name; neither ends what is open. */
function judgeSender(symptom: Symptom, seen: Observations): Judgement[] {
  const resets = symptom.kind === 'refused' ? resetsByTtl(symptom) : undefined;
  if (resets?.kind !== 'own') return NOTHING;
  const down = describeDownTimes(symptom, seen);
  if (down !== undefined) return contradicts(down);
  const cut = countCut(besideOf(symptom, seen), symptom.arm.gaps);
  return cut >= FEWEST_CUT
    ? contradicts(
        `${resets.text}, and ${cut} connections were cut as that began: a block of new ones leaves these alone`,
      )
    : NOTHING;
}
