import type { Contrast, Difference, Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING, percent } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';
import { describeUntaken } from './untaken.ts';

export const mtuBlackHole = {
  id: 'mtu-black-hole',
  name: 'a path whose MTU is smaller than segments, and does not say so',
  explains: ['late'],
  predicts: 'handshakes are fine, and nothing comes after the first large segment; a smaller MSS cures it',
  scope: { ...EVERYTHING, host: 'either', mss: 'perhaps', client: 'either', size: 'perhaps' },
  judge: (symptom, seen) => {
    const untaken = describeUntaken(symptom, seen);
    return [...judgeBy(symptom, 'mss'), ...(untaken === undefined ? NOTHING : contradicts(untaken))];
  },
  decidedBy: [
    {
      text: 'an arm that differs in its MSS alone',
      command: 'rushhour run steady --set arms.control.via=proxy --set arms.control.socket.mss=536 ...',
    },
  ],
  next: [
    { text: 'let ICMP "fragmentation needed" pass, or clamp the MSS on the firewall to the path' },
    {
      firewall: 'Linux',
      text: 'nft: tcp flags syn tcp option maxseg size set rt mtu',
      source: 'https://manpages.ubuntu.com/manpages/bionic/man8/nft.8.html',
    },
  ],
  proof: 'with the MSS clamped, the same requests are answered',
  source: 'RFC 2923 section 2.1, RFC 4821',
} as const satisfies Cause;

/** What depends on one thing of the packets, and hits all of them: an arm that differs in that alone decides. */
export function judgeBy({ arm, contrasts, count, of }: Symptom, what: Difference): Judgement[] {
  const fits = ({ differs }: Contrast): boolean => differs.length === 1 && differs[0] === what;
  const clean = contrasts.find((contrast) => fits(contrast) && contrast.fared === 'clean');
  const alike = contrasts.find((contrast) => fits(contrast) && contrast.fared === 'alike');
  if (alike !== undefined) return contradicts(alike.text);
  if (clean === undefined)
    return count < of * 0.5 && what === 'mss'
      ? contradicts(`${percent(1 - count / of)} of the same requests were answered in time`)
      : NOTHING;
  return decides(
    `${clean.text}; it differs from arm ${arm.name} in its ${what === 'mss' ? 'MSS' : 'DSCP'} alone`,
  );
}
