import type { FarFile } from '../../metrics/far.ts';
import type { ToSumUp } from './sum-up.ts';

/** Clocks that are set agree to within a second or so. */
const WRONG_CLOCK_US = 60_000_000;
/** A capture that lacks one packet in so many is no whole one. */
const LACKING_SHARE = 1 / 1_000;

/** What limits what can be said of two sides. */
export function remarkOnSides({
  near,
  far,
  kept,
  attempts,
  matching,
  farHandshakes,
  gaps,
}: Omit<ToSumUp, 'joinedAt' | 'reuse'>): string[] {
  const remarks = [near, ...far].flatMap(remarkOnFile);
  const { pairs, offset } = matching;
  const captured = kept.filter((one) => one.near !== undefined).length;
  if (captured < kept.length)
    remarks.push(
      `Of ${kept.length - captured} of ${kept.length} attempts no SYN is in ${near.path}: they cannot be looked for.`,
    );
  if (farHandshakes === 0) remarks.push('The far capture has no SYN at all.');
  else if (pairs.length === 0)
    remarks.push(
      'No handshake of the run was found at the far side: none arrived there, or the capture is of another time or place, or a firewall in between changes both sequence numbers and timestamps.',
    );
  if (gaps.lacking > gaps.established * LACKING_SHARE)
    remarks.push(
      `The far capture lacks packets: ${gaps.lacking} of ${gaps.established} established handshakes have no SYN or no SYN-ACK in it. What it did not see may have been there.`,
    );
  if (pairs.length > 0 && offset === undefined)
    remarks.push('How far the clocks are apart is not known: no attempt has its SYN-ACK on both sides.');
  if (offset !== undefined && Math.abs(offset.us) > WRONG_CLOCK_US)
    remarks.push('One of the clocks is wrong: they are more than a minute apart.');
  if (attempts.some(({ fate }) => fate === 'unmatched') && pairs.length > 0)
    remarks.push(
      'What is unmatched may have arrived or not: nothing that is sure to belong to it was found.',
    );
  return remarks;
}

function remarkOnFile({ path, dropped, remarks }: FarFile): string[] {
  // Each file says so itself, in a sentence without its name.
  const isSaid = remarks.some((remark) => remark.includes('dropped while'));
  const lost = (dropped ?? 0) > 0 && !isSaid ? [`lacks ${dropped} packets that were dropped`] : [];
  return [...remarks, ...lost].map((remark) => `${path} ${remark}.`);
}
