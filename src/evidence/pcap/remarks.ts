import { describeLinkType, isReadable, LINK_TYPE } from '../../net/wire/link-types.ts';
import type { Unread } from '../../net/wire/packet.ts';
import type { PacketFacts } from './read-packets.ts';

/** Two processors that hand over packets at the same time stamp them before either is written: the order of some is not theirs. */
const PROCESSORS_US = 1_000;

/** An earlier time means a clock that was not set: no capture is older than the format (libpcap, 1998). */
const FORMAT_SEC = Date.UTC(1998, 0) / 1000;
/** The clocks of two machines differ by no more than this if they are set at all. */
const AHEAD_SEC = 86_400;

const UNREAD: Readonly<Record<Unread, string>> = {
  'cut short': 'were cut off inside their TCP header (capture with -s 128 or more)',
  'not IP': 'are not IP and were skipped',
  malformed: 'are malformed and were skipped',
  'later fragment': 'are later fragments of IP packets and were skipped',
  'nested too deeply': 'are encapsulated too deeply and were skipped',
  'unknown link type': 'have a link type that cannot be read',
};

/** Too common to remark on: ARP and the like. */
const USUAL: readonly Unread[] = ['not IP'];

/**
 * What is odd about a file.
 * @param nowSec current time, seconds since 1970
 */
export function remarkOn({ capture, unread }: PacketFacts, nowSec: number): string[] {
  const { frames, faults, dropped, backwards, mostBackUs, linkTypes } = capture;
  const remarks = [...faults];
  if (frames === 0) remarks.push('has no frames');
  for (const linkType of linkTypes.keys())
    if (!isReadable(linkType))
      remarks.push(
        `has frames of ${describeLinkType(linkType)}, which cannot be read; capture Ethernet instead`,
      );
  for (const [why, count] of unread) {
    if (USUAL.includes(why) || why === 'unknown link type') continue;
    remarks.push(`has ${count} of ${frames} frames that ${UNREAD[why]}`);
  }
  if (dropped !== undefined && dropped > 0)
    remarks.push(`lacks ${dropped} packets that the capture dropped: counts are too low`);
  if (backwards > 0 && mostBackUs > PROCESSORS_US)
    remarks.push(`has ${backwards} frames that are earlier than the frame before them`);
  return [...remarks, ...remarkOnClock(capture, nowSec)];
}

function remarkOnClock(
  { epochSec, frames, firstUs, lastUs }: PacketFacts['capture'],
  nowSec: number,
): string[] {
  if (frames === 0) return [];
  if (epochSec === undefined) return ['has no timestamps: waits cannot be measured'];
  const first = epochSec + firstUs / 1e6;
  if (first < FORMAT_SEC)
    return ['begins before 1998: the clock of the machine that captured it was not set'];
  const last = epochSec + lastUs / 1e6;
  return last > nowSec + AHEAD_SEC
    ? ['ends in the future: the clock of the machine that captured it, or of this one, is wrong']
    : [];
}

const COOKED: readonly number[] = [LINK_TYPE.LINUX_SLL, LINK_TYPE.LINUX_SLL2];

/** Whether it was captured on all interfaces at once, which may show a packet twice. */
export function isCooked({ linkTypes }: PacketFacts['capture']): boolean {
  return COOKED.some((linkType) => linkTypes.has(linkType));
}
