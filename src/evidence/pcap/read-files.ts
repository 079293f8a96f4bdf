import { describeLinkType, LINK_TYPE } from '../../net/wire/link-types.ts';
import { HandshakeTracker, type TrackerCounts } from '../handshakes/tracker.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { type CaptureClock, type PacketFacts, readPackets } from './read-packets.ts';
import { isCooked, remarkOn } from './remarks.ts';
import { ConnectionTally } from './tally.ts';
import type { CaptureReport, FileReport } from './types.ts';

export interface CaptureFile {
  readonly path: string;
  /** What it is called in reports and errors. */
  readonly shown: string;
}

export interface ReadOptions {
  /** When it is read, seconds since 1970. */
  readonly nowSec: number;
  /** Called now and then with the bytes read of the file at hand. */
  readonly onBytes?: (file: CaptureFile, bytes: number) => void;
  /** Besides what is summed up. */
  readonly onHandshake?: (seen: HandshakeSeen, timeOf: (atUs: number) => string | null) => void;
}

const LINK_NAMES: Readonly<Record<number, string>> = {
  [LINK_TYPE.ETHERNET]: 'Ethernet',
  [LINK_TYPE.LINUX_SLL]: 'Linux cooked v1',
  [LINK_TYPE.LINUX_SLL2]: 'Linux cooked v2',
  [LINK_TYPE.RAW]: 'raw IP',
  [LINK_TYPE.RAW_BSD]: 'raw IP',
  [LINK_TYPE.RAW_OPENBSD]: 'raw IP',
  [LINK_TYPE.IPV4]: 'raw IPv4',
  [LINK_TYPE.IPV6]: 'raw IPv6',
  [LINK_TYPE.NULL]: 'BSD loopback',
  [LINK_TYPE.LOOP]: 'OpenBSD loopback',
};

/**
 * Reads captures of one place, one after the other as if they were one: pieces of a capture that was rotated, in the order in
 * which they were written.
 * @throws UsageError if one is no capture; EnvironmentError if one cannot be read
 */
export async function readCaptureFiles(
  files: readonly CaptureFile[],
  options: ReadOptions,
): Promise<CaptureReport> {
  const clock: CaptureClock = { baseSec: undefined };
  const timeOf = (atUs: number): string | null => writeTime((clock.baseSec ?? Number.NaN) + atUs / 1e6);
  const tally = new ConnectionTally(timeOf);
  const tracker = new HandshakeTracker({
    onHandshake(seen) {
      tally.add(seen);
      options.onHandshake?.(seen, timeOf);
    },
  });
  const read: { file: CaptureFile; facts: PacketFacts }[] = [];
  for (const file of files) {
    const facts = await readPackets(
      file.path,
      file.shown,
      (packet, bytes, atUs, number) => tracker.take(packet, bytes, atUs, number),
      clock,
      (bytes) => options.onBytes?.(file, bytes),
    );
    read.push({ file, facts });
  }
  tracker.end();
  const bounds = boundsOf(
    read.map(({ facts }) => facts),
    clock.baseSec,
  );
  const { counts } = tracker;
  const { syns, synRetransmissions, synAcks, resets } = counts;
  const figures = tally.finish(bounds.toUs);
  return {
    schema: 1,
    files: read.map(({ file, facts }) => describeFile(file, facts, options.nowSec)),
    durationUs: Math.max(0, bounds.toUs - bounds.fromUs) || 0,
    ...figures,
    ...{ syns, synRetransmissions, synAcks, resets },
    remarks: remarkOnAll(
      tally,
      counts,
      read.some(({ facts }) => isCooked(facts.capture)),
    ),
  };
}

/** First packet and last one of several captures, microseconds since that second; infinite without any. */
export function boundsOf(all: readonly PacketFacts[], baseSec = 0): { fromUs: number; toUs: number } {
  let [fromUs, toUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { capture } of all) {
    const offsetUs = ((capture.epochSec ?? Number.NaN) - baseSec) * 1e6;
    if (capture.firstUs + offsetUs < fromUs) fromUs = capture.firstUs + offsetUs;
    if (capture.lastUs + offsetUs > toUs) toUs = capture.lastUs + offsetUs;
  }
  return { fromUs, toUs };
}

/** What is told of one file. @param nowSec when it is read, since 1970 */
export function describeFile({ shown }: CaptureFile, facts: PacketFacts, nowSec: number): FileReport {
  const {
    frames,
    linkTypes,
    epochSec = Number.NaN,
    firstUs,
    lastUs,
    cut,
    dropped,
    backwards,
  } = facts.capture;
  return {
    path: shown,
    frames,
    links: Object.fromEntries(
      [...linkTypes].map(([type, count]) => [LINK_NAMES[type] ?? describeLinkType(type), count]),
    ),
    from: writeTime(epochSec + firstUs / 1e6),
    to: writeTime(epochSec + lastUs / 1e6),
    ...{ cut, dropped: dropped ?? null, backwards },
    unread: Object.fromEntries(facts.unread),
    remarks: remarkOn(facts, nowSec),
  };
}

/** RFC 3339 to the microsecond; null: no time, or none that a calendar has. */
function writeTime(sec: number): string | null {
  const whole = Math.floor(sec);
  const date = new Date(whole * 1_000);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9_999 || date.getUTCFullYear() < 0) return null;
  const us = Math.min(999_999, Math.round((sec - whole) * 1e6));
  return `${date.toISOString().slice(0, 19)}.${String(us).padStart(6, '0')}Z`;
}

function remarkOnAll(tally: ConnectionTally, counts: TrackerCounts, isOfAllInterfaces: boolean): string[] {
  const remarks: string[] = [];
  const { connections, beganEarlier, merged, fromClients, fromServers } = tally;
  if (connections === 0) remarks.push('It contains no TCP.');
  else if (fromServers === 0)
    remarks.push('Only packets from clients were captured: the answers are unknown.');
  else if (fromClients === 0)
    remarks.push(
      'Only packets from servers were captured: SYNs, and how long they waited for an answer, are unknown.',
    );
  if (beganEarlier > 0)
    remarks.push(
      `${beganEarlier} of ${connections} connections began before the capture, or their handshakes are missing from it.`,
    );
  if (counts.copies > 0)
    remarks.push(
      `${counts.copies} of ${counts.packets} packets appear twice${isOfAllInterfaces ? ', because it was captured on all interfaces' : ''}; each counts once.`,
    );
  if (merged > 0)
    remarks.push(
      `${merged} packets are larger than any on the wire: the host merged them before they were captured (GRO, TSO).`,
    );
  if (counts.icmpStrays > 0)
    remarks.push(`${counts.icmpStrays} ICMP errors are about connections that are not in the capture.`);
  if (counts.givenUp > 0)
    remarks.push(
      `More connections were open at once than this command can track: ${counts.givenUp} idle ones were dropped, and count twice if they continued.`,
    );
  return remarks;
}
