import type { FarFile } from '../../metrics/far.ts';
import type { JoinedHost, ToSumUp } from './sum-up.ts';

/** Clocks that are set agree to within a second or so. */
const WRONG_CLOCK_US = 60_000_000;
/** A capture that lacks one packet in so many is no whole one. */
const LACKING_SHARE = 1 / 1_000;

/** What limits what can be said of two sides. */
export function remarkOnSides({
  near,
  hosts,
  kept,
  attempts,
}: Pick<ToSumUp, 'near' | 'hosts' | 'kept' | 'attempts'>): string[] {
  const remarks = [near, ...hosts.flatMap(({ files }) => files)].flatMap(remarkOnFile);
  const captured = kept.filter((one) => one.near !== undefined).length;
  if (captured < kept.length)
    remarks.push(
      `Of ${kept.length - captured} of ${kept.length} attempts no SYN is in ${near.path}: they cannot be looked for.`,
    );
  const several = hosts.length > 1;
  remarks.push(...hosts.flatMap((host) => remarkOnHost(host, several ? ` ${host.files[0]!.path}` : '')));
  const isMatched = hosts.some(({ matching }) => matching.pairs.length > 0);
  if (attempts.some(({ fate }) => fate === 'unmatched') && isMatched)
    remarks.push(
      'What is unmatched may have arrived or not: nothing that is sure to belong to it was found.',
    );
  return remarks;
}

/** @param name of one of several, after a space; else empty */
function remarkOnHost({ matching: { pairs, offset }, handshakes, gaps }: JoinedHost, name: string): string[] {
  const remarks: string[] = [];
  const where = name === '' ? 'at the far side' : `in${name}`;
  const whose = name === '' ? '' : ` of${name}`;
  if (handshakes === 0) remarks.push(`The far capture${name} has no SYN at all.`);
  else if (pairs.length === 0)
    remarks.push(
      `No handshake of the run was found ${where}: none arrived there, or the capture is of another time or place, or a firewall in between changes both sequence numbers and timestamps.`,
    );
  if (gaps.lacking > gaps.established * LACKING_SHARE)
    remarks.push(
      `The far capture${name} lacks packets: ${gaps.lacking} of ${gaps.established} established handshakes have no SYN or no SYN-ACK in it. What it did not see may have been there.`,
    );
  if (pairs.length > 0 && offset === undefined)
    remarks.push(
      `How far the clocks are apart is not known: no attempt${whose} has its SYN-ACK on both sides.`,
    );
  if (offset !== undefined && Math.abs(offset.us) > WRONG_CLOCK_US)
    remarks.push(
      `One of the clocks is wrong: they are more than a minute apart${name === '' ? '' : ` (${name.trim()})`}.`,
    );
  return remarks;
}

/** Each file says itself what is odd about it, in sentences without its name. */
function remarkOnFile({ path, remarks }: FarFile): string[] {
  return remarks.map((remark) => `${path} ${remark}.`);
}
