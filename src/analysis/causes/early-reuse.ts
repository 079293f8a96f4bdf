import type { SynFate } from '../../metrics/far.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { describeByFlow } from './by-flow.ts';
import { cleanBut, describeBand, describeClosedAlike, describeFirstUses } from './clean-arms.ts';
import {
  answersOf,
  contradicts,
  decides,
  judgeFates,
  MOST,
  NOTHING,
  shareAnswered,
  supports,
} from './judgements.ts';
import { describeCounting } from './room.ts';
import { explainedOtherwise, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { TIME_WAIT_STEPS } from './vendors.ts';

/** A part of the connections, scattered among the rest: neither an accident nor nearly all of them. */
const FEWEST_MET = 20;
const LEAST_PART = 0.02;
const GREATEST_PART = 0.7;

export const earlyReuse = {
  id: 'early-reuse',
  name: 'source ports that are used again while the far end still holds them',
  explains: ['stalled', 'healed'],
  predicts:
    'stalls only where a port is used again after the firewall let it go and before the far end does; none from ports that rested, and none after an RST, which leaves nothing to hold',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'alike', dscp: 'alike', close: 'perhaps', ports: 'perhaps' },
  },
  judge: (symptom, seen) =>
    symptom.kind === 'healed'
      ? [...judgeAnswers(symptom, seen), ...judgeHeld(symptom, seen, ['ack-returned'])]
      : [
          ...judgeControls(symptom, seen),
          ...judgeBand(symptom, seen),
          ...judgeAnswers(symptom, seen),
          ...judgeHeld(symptom, seen, ['ack-lost', 'ack-returned']),
          ...judgeFirstUses(symptom, seen),
          ...judgeClosed(symptom, seen),
          ...explainedOtherwise(symptom, seen, 'reuse'),
        ],
  decidedBy: [
    {
      text: 'arms that end by RST and that use fresh ports beside the one that stalls, or the ages at which it stalls',
      command: 'rushhour run nat-recycle --proxy PROXY:PORT --target URL',
    },
    {
      text: 'the two timers, almost without load',
      command: 'rushhour run timewait-sweep --proxy PROXY:PORT --target URL',
    },
  ],
  next: TIME_WAIT_STEPS,
  proof:
    'at the far end: the SYN arrives, a bare ACK leaves, and here nothing or that ACK comes; with the timer at 60 s the same run stalls no more',
  source: 'RFC 5382 REQ-5 (4 minutes); RFC 9293 section 3.10.7.4; measured with nftables on Linux 6.18',
} as const satisfies Cause;

/** That the far side itself was seen to answer by the bare ACK of a connection that it still holds. */
function judgeHeld(symptom: Symptom, seen: Observations, fates: readonly SynFate[]): Judgement[] {
  return judgeFates(symptom, seen, fates).map(
    (judgement): Judgement => (judgement.says === 'supports' ? { ...judgement, says: 'decides' } : judgement),
  );
}

/**
 * Two controls leave another reason: a firewall that still holds the port itself fares the same, so that they only speak for it.
 */
function judgeControls(symptom: Symptom, seen: Observations): Judgement[] {
  const controls = describeControls(symptom, seen);
  return controls === undefined ? NOTHING : supports(controls);
}

/**
 * What two controls that differ in one thing each, and the first uses of each port, show together: it takes an earlier use that ended
 * by a FIN. Controls have source ports of their own; what goes by the numbers of ports would hit the first uses as well.
 */
export function describeControls(symptom: Symptom, seen: Observations): string | undefined {
  const { arm } = symptom;
  const fresh = cleanBut(symptom, 'ports', seen, ({ ports }) => ports === 'fresh');
  const reset = cleanBut(symptom, 'close', seen, ({ arm: { close } }) => close === 'reset');
  if (fresh === undefined || reset === undefined || arm.ports !== 'used') return undefined;
  if (describeFirstUses(symptom) === undefined) return undefined;
  return `only where ports are used again after a FIN: of fresh ports (${fresh.arm}) and after RSTs (${reset.arm}) at the same time none or hardly any stalled`;
}

/** A sweep has the ages that it tries; under load other things come with age. */
function judgeBand(symptom: Symptom, seen: Observations): Judgement[] {
  const band = seen.findings.find(({ kind, arm }) => kind === 'reuse-band' && arm === symptom.arm.name);
  if (band === undefined) return NOTHING;
  const edges = describeBand(symptom, seen);
  if (edges !== undefined) return decides(edges);
  if (band.confidence !== 'none') return supports(band.text);
  const isSweep = symptom.arm.arm.load.kind === 'sweep';
  return isSweep && seen.nat === 'preserved' && band.text.startsWith('no band')
    ? contradicts(band.text)
    : NOTHING;
}

/** Defences that test clients answer first SYNs by such an ACK as well: decisive only where ports that rested meet none. */
function judgeAnswers(symptom: Symptom, seen: Observations): Judgement[] {
  const answered = shareAnswered(symptom, ['ack-foreign', 'rst-foreign']);
  if (answered === undefined) return answersOf(symptom).seen > 0 ? NOTHING : [];
  const { count, seen: looked } = answered;
  const text = `${count} of ${looked} such SYNs met a bare ACK of another connection, as a port that is still held answers`;
  if (count < looked * MOST) return NOTHING;
  const fresh = cleanBut(symptom, 'ports', seen, ({ ports }) => ports === 'fresh');
  const first =
    fresh?.text ??
    (symptom.kind === 'stalled' && symptom.arm.ports === 'used' ? describeFirstUses(symptom) : undefined) ??
    describeSpared(symptom, seen);
  return first === undefined ? supports(text) : decides(`${text}; ${first}`);
}

/**
 * What tests clients tests each of them, on all ports that it guards: it spares no scattered part of the connections, nor a port beside.
 */
function describeSpared(
  { kind, arm, count, of, contrasts }: Symptom,
  { arms }: Observations,
): string | undefined {
  const inGaps = arm.gaps.reduce((sum, { stalled }) => sum + stalled, 0);
  const isPart = count >= FEWEST_MET && count >= of * LEAST_PART && count <= of * GREATEST_PART;
  if (!isPart || (kind === 'stalled' && inGaps > count * 0.2)) return undefined;
  // Where nothing listens, nobody tests anything.
  const listens = (name: string): boolean =>
    arms.some((other) => other.name === name && other.arm.expect.kind !== 'refused');
  return contrasts.find(
    ({ arm: name, fared, differs }) =>
      fared === 'clean' && differs.includes('port') && !differs.includes('host') && listens(name),
  )?.text;
}

/** Where nothing listens, the far end holds nothing. */
function judgeClosed(symptom: Symptom, seen: Observations): Judgement[] {
  const flow = describeByFlow(symptom, seen);
  const closed = describeClosedAlike(symptom, seen) ?? (flow?.isUnheldToo === true ? flow.text : undefined);
  return closed === undefined ? NOTHING : contradicts(`${closed}: nothing is held there`);
}

/** Ports that were not in use before cannot be used again too early, if the NAT leaves them as they are. */
export function judgeFirstUses(symptom: Symptom, seen: Observations): Judgement[] {
  const { nat, arms } = seen;
  const { arm } = symptom;
  const filling = describeCounting(symptom, seen);
  const passed = nothingPassed(symptom, seen);
  const endpoints = Object.keys(arm.summary.endpoints);
  const beside = arms.filter(({ summary }) => endpoints.some((one) => one in summary.endpoints));
  return [
    ...(passed === undefined ? [] : contradicts(`${passed}; a port that has rested always does`)),
    ...(filling === undefined
      ? []
      : contradicts(`${filling}; a port that is still held knows nothing of how many are open`)),
    ...(nat === 'preserved' && arm.ports === 'fresh'
      ? contradicts('the NAT keeps source ports, and these had not been used for minutes')
      : []),
    ...(arm.held?.isBeforeAnyClose === true && beside.every((other) => other.arm.holdUs > 0)
      ? contradicts(
          'it began before any connection to this endpoint had been closed: no port could be used again',
        )
      : []),
    ...(arm.plateau?.cleanUpToPerSec === undefined ||
    (arm.arm.source?.ports !== undefined && arm.ports !== 'fresh')
      ? []
      : contradicts(
          `${arm.plateau.establishedPerSec}/s got through whatever was asked for (${arm.plateau.offeredPerSec.join(', ')}/s); a share of ports would stall, more at a higher rate`,
        )),
  ];
}
