import type { ArmSeen, Observations, Symptom } from '../observations/types.ts';
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
import { explainedOtherwise, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { TIME_WAIT_STEPS } from './vendors.ts';

export const earlyReuse = {
  id: 'early-reuse',
  name: 'source ports that the firewall uses again while the far end still holds them',
  explains: ['stalled', 'healed'],
  predicts:
    'stalls only where a port is used again after the firewall let it go and before the far end does; none from ports that rested, and none after an RST, which leaves nothing to hold',
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'alike', dscp: 'alike', close: 'perhaps', ports: 'perhaps' },
  },
  judge: (symptom, seen) =>
    symptom.kind === 'healed'
      ? judgeAnswers(symptom)
      : [
          ...judgeControls(symptom, seen),
          ...judgeBand(symptom, seen),
          ...judgeAnswers(symptom),
          ...judgeFates(symptom, seen, ['ack-lost', 'ack-returned']).map(
            (judgement): Judgement =>
              judgement.says === 'supports' ? { ...judgement, says: 'decides' } : judgement,
          ),
          ...judgeFirstUses(symptom, seen),
          ...explainedOtherwise(symptom, seen),
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

/** What two controls that differ in one thing each show together; one of them alone leaves another reason. */
function judgeControls({ arm, contrasts }: Symptom, { arms }: Observations): Judgement[] {
  const armOf = (name: string): ArmSeen | undefined => arms.find((other) => other.name === name);
  const fresh = contrasts.find(
    ({ arm: name, fared, differs }) =>
      fared === 'clean' && differs.length === 1 && differs[0] === 'ports' && armOf(name)?.ports === 'fresh',
  );
  const reset = contrasts.find(
    ({ arm: name, fared, differs }) =>
      fared === 'clean' &&
      differs.length === 1 &&
      differs[0] === 'close' &&
      armOf(name)?.arm.close === 'reset',
  );
  if (fresh === undefined || reset === undefined || arm.ports !== 'used') return NOTHING;
  return decides(
    `only where ports are used again after a FIN: of fresh ports (${fresh.arm}) and after RSTs (${reset.arm}) at the same time none or hardly any stalled`,
  );
}

/** A sweep has the ages that it tries; under load other things come with age. */
function judgeBand({ arm }: Symptom, { findings, nat }: Observations): Judgement[] {
  const band = findings.find((finding) => finding.kind === 'reuse-band' && finding.arm === arm.name);
  if (band === undefined) return NOTHING;
  if (band.confidence === 'high') return decides(band.text);
  if (band.confidence === 'medium' || band.confidence === 'low') return supports(band.text);
  return nat === 'preserved' && band.text.startsWith('no band') ? contradicts(band.text) : NOTHING;
}

function judgeAnswers(symptom: Symptom): Judgement[] {
  const answered = shareAnswered(symptom, ['ack-foreign', 'rst-foreign']);
  if (answered === undefined) return answersOf(symptom).seen > 0 ? NOTHING : [];
  const { count, seen } = answered;
  const text = `${count} of ${seen} such SYNs met a bare ACK of another connection, as a port that is still held answers`;
  return count >= seen * MOST ? decides(text) : NOTHING;
}

/** Ports that were not in use before cannot be used again too early, if the NAT leaves them as they are. */
function judgeFirstUses(symptom: Symptom, { nat, arms }: Observations): Judgement[] {
  const { arm } = symptom;
  const passed = nothingPassed(symptom);
  const endpoints = Object.keys(arm.summary.endpoints);
  const beside = arms.filter(({ summary }) => endpoints.some((one) => one in summary.endpoints));
  return [
    ...(passed === undefined ? [] : contradicts(`${passed}; a port that has rested always does`)),
    ...(nat === 'preserved' && arm.ports === 'fresh'
      ? contradicts('the NAT keeps source ports, and these had not been used for minutes')
      : []),
    ...(arm.held?.isBeforeAnyClose === true && beside.every((other) => other.arm.holdUs > 0)
      ? contradicts(
          'it began before any connection to this endpoint had been closed: no port could be used again',
        )
      : []),
    ...(arm.plateau?.cleanUpToPerSec === undefined
      ? []
      : contradicts(
          `${arm.plateau.establishedPerSec}/s got through whatever was asked for (${arm.plateau.offeredPerSec.join(', ')}/s); a share of ports would stall, more at a higher rate`,
        )),
  ];
}
