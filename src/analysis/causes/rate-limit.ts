import { hostOf } from '../observations/differences.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { describeMeter } from './meter.ts';
import { isShut, sameAtEachRate } from './room.ts';
import { ANYONE } from './scope.ts';
import { explainedOtherwise, nothingPassed, passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

/** A meter refills steadily: seconds differ by no more than this. */
const STEADY = 0.12;

/** Requests enough to say that they are not lost as SYNs are. */
const ENOUGH_REQUESTS = 200;

/** The last clean rate may lie this much above what gets through, for a burst. */
const NEAR = 1.15;

export const rateLimit = {
  id: 'rate-limit',
  name: 'a limit of new connections a second',
  explains: ['stalled', 'refused'],
  predicts:
    'a burst, then the same number a second gets through, however many more are tried; below that rate none stalls',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'either', close: 'alike', ports: 'alike' },
  },
  scopeFor(symptom, seen) {
    return describeMeter(symptom, seen) === undefined ? this.scope : ANYONE;
  },
  judge: (symptom, seen) => [
    ...judgePlateau(symptom),
    ...judgeMeter(symptom, seen),
    ...judgeShut(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen', 'unanswered', 'rst-returned']),
    ...explainedOtherwise(symptom, seen, 'rate'),
  ],
  decidedBy: [
    {
      text: 'a stepped rate, with connections held and others to another port beside it',
      command: 'rushhour run ramp-to-knee --proxy PROXY:PORT --target URL',
    },
  ],
  next: [
    {
      text: 'look for a limit of SYNs or sessions a second: a DoS or flood policy, a policer, a rate in a rule; per source if more source addresses get more through',
    },
    {
      firewall: 'Linux',
      text: 'nft list ruleset: limit rate; iptables-save: hashlimit, limit',
      source: 'https://manpages.ubuntu.com/manpages/bionic/man8/nft.8.html',
    },
  ],
  proof: 'with the limit doubled, twice as many a second get through',
  source: 'measured with nftables (limit rate) on Linux 6.18',
} as const satisfies Cause;

function judgePlateau({ arm: { plateau, summary } }: Symptom): Judgement[] {
  if (plateau === undefined) return NOTHING;
  const { establishedPerSec, offeredPerSec, cleanUpToPerSec, spread } = plateau;
  const text = `${establishedPerSec}/s got through, whether ${offeredPerSec.join(', ')}/s were tried`;
  const isBelowClean = cleanUpToPerSec !== undefined && cleanUpToPerSec <= establishedPerSec * NEAR;
  // What polices packets or bytes loses requests as well.
  const resent = summary.requestsResent;
  const isOfSynsAlone =
    resent !== undefined &&
    resent.measured >= ENOUGH_REQUESTS &&
    resent.ci95[1] * 4 < summary.stalled.ci95[0];
  return spread <= STEADY && isBelowClean && isOfSynsAlone
    ? decides(`${text}; at ${cleanUpToPerSec}/s none stalled`)
    : supports(text);
}

/** A level of all arms together, and nothing else that could make it. */
function judgeMeter(symptom: Symptom, seen: Observations): Judgement[] {
  const meter = describeMeter(symptom, seen);
  return meter === undefined ? NOTHING : decides(meter);
}

function judgeShut(symptom: Symptom, seen: Observations): Judgement[] {
  const none = nothingPassed(symptom, seen);
  if (none !== undefined) return contradicts(`${none}; a limit of a rate lets some pass`);
  const uneven = describeUneven(symptom, seen);
  if (uneven !== undefined) return contradicts(uneven);
  // What a meter of all arms lets through in a second, the others of them may have had.
  if (otherArmsGotIn(symptom, seen) || describeMeter(symptom, seen) !== undefined) return NOTHING;
  const { held } = symptom.arm;
  if (held !== undefined && isShut(symptom.arm) && held.shortForSec >= 3)
    return contradicts(
      `for ${Math.round(held.shortForSec)} s none of ${held.startedMeanwhile} got through; a limit of a rate lets some pass each second`,
    );
  const { started, passed } = passedInGaps(symptom);
  return started >= 50 && passed <= started * 0.01
    ? contradicts(
        `in its outages ${passed} of ${started} got through; a limit of a rate lets some pass each second`,
      )
    : NOTHING;
}

/** So many should have got through while it was full, had the same got through each second. */
const FEWEST_MISSING = 10;

/**
 * That it was filled several times with the same number and let nothing through in between, though it let so many through on
 * average that a meter would have: also where that was for a second or two, and others tried a little meanwhile.
 */
function describeUneven({ arm }: Symptom, { arms }: Observations): string | undefined {
  const { held, plateau } = arm;
  if (held === undefined || plateau === undefined || !isShut(arm)) return undefined;
  const same = sameAtEachRate(arm);
  const { establishedPerSec } = plateau;
  const expected = establishedPerSec * held.shortForSec;
  if (same === undefined || same.times < 3 || expected < FEWEST_MISSING) return undefined;
  if (held.establishedMeanwhile > expected * 0.1) return undefined;
  const seconds = [...arm.series.bySecond].flatMap(([second, { started }]) => (started > 0 ? [second] : []));
  const others = arms
    .filter((other) => other !== arm)
    .reduce(
      (sum, { series }) =>
        sum + seconds.reduce((all, second) => all + (series.bySecond.get(second)?.started ?? 0), 0),
      0,
    );
  if (others > (establishedPerSec * seconds.length) / 2) return undefined;
  return `it was full ${same.times} times with about ${held.most}, and then none of ${held.startedMeanwhile} got through, though ${establishedPerSec}/s do on average; a limit of a rate lets as many pass each second`;
}

/** What others took left nothing for this arm: loads of even rates may come in step, and one of them always late. */
function otherArmsGotIn({ arm }: Symptom, { arms }: Observations): boolean {
  const hosts = new Set(Object.keys(arm.summary.endpoints).map(hostOf));
  const seconds = [...arm.series.bySecond].flatMap(([second, { started, established }]) =>
    started > 0 && established <= started * 0.05 ? [second] : [],
  );
  return arms
    .filter((other) => other !== arm)
    .some(({ series, summary }) => {
      const counts = seconds.flatMap((second) => series.bySecond.get(second) ?? []);
      const started = counts.reduce((sum, one) => sum + one.started, 0);
      const failed = counts.reduce((sum, one) => sum + one.stalled + one.refused, 0);
      const own = Object.keys(summary.endpoints);
      // Another port of the host shares the meter only if it lacks some as well.
      const isShared =
        own.some((one) => one in arm.summary.endpoints) ||
        (own.some((one) => hosts.has(hostOf(one))) && failed > started * 0.05);
      return isShared && counts.reduce((sum, one) => sum + one.established, 0) > started * 0.05;
    });
}
