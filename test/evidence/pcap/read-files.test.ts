import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/errors.ts';
import { readCaptureFiles } from '../../../src/evidence/pcap/read-files.ts';
import { EPOCH_SEC, type Make, pcapOf, writeCapture } from '../capture-file.ts';
import { type Framed, frameOf, unreachableFrame, wholeConnection } from '../wire.ts';

const SERVER = '192.0.2.9:3128';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'pcap-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let files = 0;

function save(frames: readonly Framed[], make: Partial<Make> = {}): string {
  files += 1;
  return writeCapture(join(dir, `${files}.pcap`), frames, { form: 'pcap', ...make });
}

const read = (...paths: string[]) =>
  readCaptureFiles(
    paths.map((path, index) => ({ path, shown: `file ${index + 1}` })),
    { nowSec: EPOCH_SEC + 100 },
  );

const whole = (port: number, startMs: number) =>
  wholeConnection({ client: `10.0.0.1:${port}`, server: SERVER, startMs });

const syn = (port: number, atMs: number) =>
  frameOf({ from: `10.0.0.1:${port}`, to: SERVER, atMs, flags: 'S', seq: 50 });

const answer = (port: number, atMs: number, flags: string, ack: number) =>
  frameOf({ from: SERVER, to: `10.0.0.1:${port}`, atMs, flags, seq: 7, ack });

describe('what a capture comes to', () => {
  it('is connections, stalls and what met them', async () => {
    const recovered = [
      syn(3, 200),
      ...wholeConnection({ client: '10.0.0.1:3', server: SERVER, startMs: 1_200, isn: 50 }),
    ];
    const frozen = [syn(4, 300), answer(4, 301, 'A', 999), syn(4, 1_300)];
    const unreachable = syn(6, 500);
    const report = await read(
      save([
        ...whole(1, 0),
        ...whole(2, 100),
        ...recovered,
        ...frozen,
        ...[syn(5, 400), answer(5, 401, 'RA', 51), unreachable],
        unreachableFrame('10.0.0.254', 13, unreachable, 501),
        ...[syn(7, 600), syn(8, 1_250)],
        ...whole(1, 1_400).map((one) => one),
      ]),
    );
    expect(report).toMatchObject({
      ...{ connections: 9, handshakes: 9, established: 4, beganEarlier: 0, syns: 11, synRetransmissions: 2 },
      ...{ synAcks: 4, resets: 1, unanswered: 2, unansweredAtEnd: 2, healed: 0, slow: 0 },
      stalled: { count: 2, recovered: 1, frozen: 1 },
      answers: { 'syn-ack': 3, silence: 3, 'bare-ack': 1, rst: 1, icmp: 1 },
      stalledAnswers: { silence: 1, 'bare-ack': 1 },
      icmp: { '3/13': 1 },
      ends: { closed: 4, reset: 1, open: 4 },
      handshakeUs: { count: 4, min: 2_100 },
      reused: { count: 1, stalled: 0, ageUs: { count: 1 } },
      servers: [{ server: '192.0.2.9', port: 3_128, connections: 9, stalled: 2, unanswered: 2, reset: 1 }],
      stalls: [
        { clientPort: 3, fate: 'recovered', syns: 2, met: 'silence', at: '2025-01-31T00:00:00.200000Z' },
        {
          clientPort: 4,
          fate: 'frozen',
          met: 'bare-ack',
          answers: [{ kind: 'ack', acknowledges: 'another' }],
        },
      ],
    });
    expect(report.stalls[0]!.waitUs).toBe(1_002_100);
    expect(report.reused.ageUs.p50 / 1.3936e6).toBeCloseTo(1, 2);
  });

  it('is the same of pieces as of the whole', async () => {
    const all = Array.from({ length: 40 }, (_, index) => whole(index + 1, index * 50)).flat();
    const [{ files: _, ...one }, { files: pieces, ...several }] = [
      await read(save(all)),
      await read(save(all.slice(0, 99)), save(all.slice(99, 101), { aheadSec: 0 }), save(all.slice(101))),
    ];
    expect(several).toEqual(one);
    expect(pieces).toHaveLength(3);
  });

  it('names waits at a round number of seconds that are no step of TCP', async () => {
    const late = Array.from({ length: 30 }, (_, index) => {
      const [first, second, third, request, ...rest] = whole(index + 1, index * 11);
      const delayUs = index < 15 ? 5_000_000 : 0;
      return [
        first!,
        second!,
        third!,
        request!,
        ...rest.map((one) => ({ ...one, atUs: one.atUs + delayUs })),
      ];
    });
    const { clusters } = await read(save(late.flat().sort((a, b) => a.atUs - b.atUs)));
    expect(clusters).toEqual([
      { what: 'first bytes', atSec: 5, count: 15, of: 30 },
      { what: 'gaps', atSec: 5, count: 15, of: 30 },
    ]);
  });

  it('names no waits that are the steps of TCP', async () => {
    const half = Array.from({ length: 30 }, (_, index) => {
      const [first, ...rest] = whole(index + 1, index * 11);
      const delayUs = index < 15 ? 1_000_000 : 0;
      const again = delayUs === 0 ? [] : [{ ...first!, atUs: first!.atUs + delayUs }];
      return [first!, ...again, ...rest.map((one) => ({ ...one, atUs: one.atUs + delayUs }))];
    });
    const { clusters, synRetransmissions } = await read(save(half.flat().sort((a, b) => a.atUs - b.atUs)));
    expect({ clusters, synRetransmissions }).toEqual({ clusters: [], synRetransmissions: 15 });
  });
});

describe('what is odd about a capture', () => {
  const all = () => whole(1, 0);
  const odd: readonly [string, () => string, RegExp][] = [
    ['begun late', () => save(all().slice(3)), /1 of 1 connections began before the capture/],
    ['clients alone', () => save([0, 2, 3, 6].map((index) => all()[index]!)), /Only packets from clients/],
    ['servers alone', () => save([1, 4, 5, 7].map((index) => all()[index]!)), /Only packets from servers/],
    [
      'on all interfaces',
      () =>
        save(
          all().flatMap((one) => [one, { ...one, atUs: one.atUs + 20 }]),
          { link: 'sll2' },
        ),
      /8 of 16 packets appear twice, because it was captured on all interfaces/,
    ],
    [
      'cut too short',
      () => save(all(), { snapLength: 40 }),
      /has 8 of 8 frames that were cut off inside their TCP header/,
    ],
    [
      'a clock that was not set',
      () => save(all(), { aheadSec: -EPOCH_SEC }),
      /begins before 1998: the clock/,
    ],
    ['a clock that is ahead', () => save(all(), { aheadSec: 86_400 * 400 }), /ends in the future: the clock/],
    [
      'time that runs backwards',
      () => save(all().reverse()),
      /has 7 frames that are earlier than the frame before them/,
    ],
    [
      'the order of two processors',
      () => save([syn(1, 10), syn(2, 9.5), syn(3, 20)]),
      /^(?!.*earlier than the frame)/,
    ],
    ['no TCP', () => save([unreachableFrame('10.0.0.254', 1, syn(1, 0), 1)]), /no TCP/],
    ['nothing', () => save([]), /has no frames/],
    ['a frame that breaks off', () => truncated(save(all())), /breaks off after frame 7/],
    [
      'joined packets',
      () =>
        save([
          ...all().slice(0, 3),
          frameOf({
            from: SERVER,
            to: '10.0.0.1:1',
            atMs: 3,
            flags: 'A',
            seq: 9_001,
            ack: 1_001,
            payload: new Uint8Array(9_000),
          }),
        ]),
      /1 packets are larger than any on the wire/,
    ],
  ];

  it.each(odd)('%s', async (_, make, expected) => {
    const report = await read(make());
    expect([...report.files[0]!.remarks, ...report.remarks].join('\n')).toMatch(expected);
  });

  function truncated(path: string): string {
    writeFileSync(path, pcapOf(all(), {}).subarray(0, -3));
    return path;
  }

  it('is nothing of one that is whole', async () => {
    const report = await read(save(all()));
    expect([...report.files[0]!.remarks, ...report.remarks]).toEqual([]);
  });
});

describe('what cannot be read', () => {
  it('is no capture', async () => {
    const path = join(dir, 'text');
    writeFileSync(path, 'tcpdump: listening on any, link-type LINUX_SLL2\n');
    await expect(read(path)).rejects.toThrow('file 1 is not a capture: neither pcap nor pcapng');
  });

  it('is not there', async () => {
    await expect(read(join(dir, 'missing'))).rejects.toThrow(EnvironmentError);
  });
});
