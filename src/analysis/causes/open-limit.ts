import type { Contrast, Observations, Symptom } from '../observations/types.ts';
import { besideOf, countCut, FEWEST_CUT } from './cuts.ts';
import {
  contradicts,
  decides,
  expectSilence,
  judgeFates,
  NOTHING,
  openAtOnce,
  openUsOf,
  supports,
} from './judgements.ts';
import { describeCounting, isShut } from './room.ts';
import { excludeCounted, explainedOtherwise, nothingPassed, passedInGaps } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { TABLE_STEPS } from './vendors.ts';

/** Fewer than this open at once are no limit that anyone sets. */
const FEWEST_OPEN = 3;

export const openLimit = {
  id: 'open-limit',
  name: 'a limit of open connections, at the firewall or the far end',
  explains: ['stalled', 'refused'],
  predicts:
    'a number open at once, then every SYN unanswered or refused until one ends; a slot is free at once after a close',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgeRelease(symptom, seen),
    ...judgeNumber(symptom, seen),
    ...judgeCut(symptom, seen),
    ...excludeCounted(symptom, seen),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['not-seen', 'unanswered', 'rst-returned']),
    ...explainedOtherwise(symptom, seen),
  ],
  decidedBy: [
    {
      text: 'connections that are held, for a time that no timer is set to, beside short ones to another port of the same host, and when room comes back',
      command:
        'rushhour run port-exhaustion --target tcp://HOST:PORT --set arms.fill.hold=53s --set arms.other-port.target=tcp://HOST:PORT2',
    },
  ],
  next: [
    {
      text: 'look for a limit of connections to this port: per source, per destination, per policy; then for one of the far end (its maximum of clients, its descriptors)',
    },
    ...TABLE_STEPS,
  ],
  proof: 'with the limit raised by one half, one half more get in at once',
  source: 'measured with nftables (ct count) on Linux 6.18',
} as const satisfies Cause;

function judgeRelease({ arm, contrasts }: Symptom, seen: Observations): Judgement[] {
  const { held } = arm;
  if (held === undefined) return NOTHING;
  const { room, release, most } = held;
  // Some count a session on for a while after its close, as a NAT lets a port rest: room that comes late excludes nothing.
  if (room === undefined || (isShut(arm) && room.lowSec >= 1)) return NOTHING;
  if (release === undefined || release.lowSec >= 1) return NOTHING;
  if (release.highSec > 1)
    return supports(`there was room again ${release.lowSec} to ${release.highSec} s after the first close`);
  const text = `${most} connections at a time, then every SYN failed until one ended; a slot was free within ${release.highSec} s of a close${describeShare(contrasts)}`;
  const isCounted = describeCounting({ arm }, seen) !== undefined;
  return isCounted || (isShut(arm) && hasCleanPort(contrasts)) ? decides(text) : supports(text);
}

/** What has a clock of its own guards a host: a port of it that stays clean was not in its way. */
function hasCleanPort(contrasts: readonly Contrast[]): boolean {
  return contrasts.some(
    ({ fared, differs }) => fared === 'clean' && differs.includes('port') && !differs.includes('client'),
  );
}

function describeShare(contrasts: readonly Contrast[]): string {
  return contrasts
    .filter(({ fared }) => fared !== 'unclear')
    .map(({ arm, fared }) => `; arm ${arm} ${fared === 'clean' ? 'stayed clean' : 'met it too'}`)
    .join('');
}

/** Short connections alone: a slot becomes free as soon as one of them ends, whoever has the others. */
function judgeNumber(symptom: Symptom, seen: Observations): Judgement[] {
  const { arms } = seen;
  const passed = nothingPassed(symptom, seen);
  if (passed !== undefined) return contradicts(`${passed}; a limit lets the first ones in`);
  const { plateau, gaps } = symptom.arm;
  const openUs = openUsOf(symptom);
  if (openUs === undefined || arms.some(({ arm }) => arm.holdUs > 0 && arm === symptom.arm.arm))
    return NOTHING;
  const open = plateau === undefined ? undefined : openAtOnce(symptom);
  if (open !== undefined && open < FEWEST_OPEN)
    return contradicts(
      `no more got through though fewer than ${Math.max(1, Math.ceil(open))} were open at once (${plateau!.establishedPerSec}/s, each open for ${Math.round(openUs / 1_000)} ms)`,
    );
  const inGaps = passedInGaps(symptom);
  const shortest = Math.min(...gaps.map(({ fromSec, toSec }) => toSec - fromSec));
  const isHeld = arms.some(({ arm }) => arm.holdUs > 0 || arm.load.kind === 'browsers');
  return !isHeld &&
    inGaps.started >= 50 &&
    inGaps.passed <= inGaps.started * 0.01 &&
    openUs < shortest * 100_000
    ? contradicts(
        `in its outages ${inGaps.passed} of ${inGaps.started} got through, though connections of this run are open for ${Math.round(openUs / 1_000)} ms: each would have left a slot`,
      )
    : NOTHING;
}

/** Fewer starts than this say nothing. */
const FEWEST_REFUSED = 20;

/** Each connection that ends leaves a slot: nothing is refused for want of one as many of them end. */
function judgeCut(symptom: Symptom, seen: Observations): Judgement[] {
  if (symptom.kind !== 'refused') return NOTHING;
  for (const gap of symptom.arm.gaps) {
    const { started, refused } = gap;
    if (started < FEWEST_REFUSED || refused < started * 0.95) continue;
    const cut = countCut(besideOf(symptom, seen), [gap]);
    if (cut >= FEWEST_CUT)
      return contradicts(
        `${cut} held connections were cut as it began, and ${refused} of ${started} were refused then: each had left a slot`,
      );
  }
  return NOTHING;
}
