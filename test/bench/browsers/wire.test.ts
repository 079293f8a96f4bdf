import { describe, expect, it } from 'vitest';
import { connectionsOf, peakOf, readPacket } from '../../../bench/browsers/wire.mjs';

const BROWSER = '10.77.0.1';

/** As tcpdump -n -tt prints it. */
function line(sec: string, from: number, to: number, flags: string, rest = ''): string {
  return `1764434.${sec} IP ${BROWSER}.${from} > ${BROWSER}.${to}: Flags [${flags}]${rest}, length 0`;
}

const packets = (...lines: string[]) => lines.map((text) => readPacket(text)!);

describe('a capture of beginnings and ends', () => {
  it('is read packet by packet, and what is no packet of TCP is left out', () => {
    expect(readPacket(line('250000', 40000, 3128, 'F.', ', seq 518, ack 1'))).toEqual({
      ...{ atMs: 1764434250, source: BROWSER, sourcePort: 40000, target: BROWSER, targetPort: 3128 },
      ...{ flags: 'F.', seq: 518 },
    });
    expect(
      readPacket('1764434.25 ARP, Request who-has 10.77.0.254 tell 10.77.0.1, length 28'),
    ).toBeUndefined();
  });

  it('tells a connection that asked from one that did not, and who ended it', () => {
    const seen = connectionsOf(
      packets(
        line('100000', 40000, 3128, 'S', ', seq 99'),
        line('100100', 3128, 40000, 'S.', ', seq 77, ack 100'),
        line('101000', 40002, 3128, 'S', ', seq 55'),
        line('101100', 3128, 40002, 'S.', ', seq 33, ack 56'),
        line('200000', 40000, 3128, 'F.', ', seq 518, ack 1'),
        line('201000', 3128, 40000, 'F.', ', seq 900, ack 519'),
        line('300000', 3128, 40002, 'R.', ', seq 1, ack 1'),
        line('301000', 40002, 3128, 'F.', ', seq 1, ack 1'),
      ),
      [3128],
    );
    expect(seen).toMatchObject([
      { clientPort: 40000, sentBytes: 517, endedBy: 'client FIN' },
      { clientPort: 40002, sentBytes: 0, endedBy: 'server RST' },
    ]);
    expect(seen.map(({ closedAtMs }) => closedAtMs)).toEqual([1764434200, 1764434301]);
    expect(seen.map(({ farClosedAtMs }) => farClosedAtMs)).toEqual([1764434201, 1764434300]);
  });

  it('takes SYNs of a port for one connection until that has ended, and counts what is open at once', () => {
    const seen = connectionsOf(
      packets(
        line('100000', 40000, 3128, 'S', ', seq 99'),
        line('200000', 40002, 3128, 'S', ', seq 99'),
        line('300000', 40000, 3128, 'S', ', seq 99'),
        line('400000', 3128, 40000, 'R.', ', seq 0, ack 100'),
        line('500000', 40000, 3128, 'S', ', seq 11'),
        line('500001', 40004, 80, 'S', ', seq 11'),
      ),
      [3128],
    );
    expect(seen.map(({ clientPort, syns }) => [clientPort, syns.length])).toEqual([
      [40000, 2],
      [40002, 1],
      [40000, 1],
    ]);
    expect(peakOf(seen)).toBe(2);
  });

  it('takes a SYN with another number for another connection, for one that is given up while it opens sends nothing', () => {
    const seen = connectionsOf(
      packets(
        line('100000', 40000, 3128, 'S', ', seq 99'),
        line('200000', 40000, 3128, 'S', ', seq 99'),
        line('300000', 40000, 3128, 'S', ', seq 17'),
      ),
      [3128],
    );
    expect(seen.map(({ syns }) => syns.length)).toEqual([2, 1]);
  });

  it('counts one that never opened until its next SYN would have been due', () => {
    const never = (port: number, ...atSec: number[]) => ({
      ...{ clientPort: port, serverPort: 3_128 },
      syns: atSec.map((sec) => sec * 1_000),
    });
    expect(peakOf([never(1, 0), never(2, 0.5)])).toBe(2);
    expect(peakOf([never(1, 0), never(2, 1.5)])).toBe(1);
    expect(peakOf([never(1, 0, 1, 3), never(2, 4.5)])).toBe(2);
    expect(peakOf([{ ...never(1, 0), openAtMs: 1 }, never(2, 100)])).toBe(2);
  });
});
