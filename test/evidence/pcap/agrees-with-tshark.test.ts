import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { readCaptureFiles } from '../../../src/evidence/pcap/read-files.ts';
import { createRandom } from '../../../src/random.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { EPOCH_SEC, type Make, writeCapture } from '../capture-file.ts';
import { makeTraffic } from '../traffic.ts';
import { type Framed, frameOf } from '../wire.ts';
import { countByTshark } from './tshark.ts';

const CONNECTIONS = 153;

/** Packets of the clients alone. */
const isOfClient = ({ frame }: Framed) => frame[26] === 10;

const lossy = (frames: readonly Framed[]) => {
  const random = createRandom(5);
  return frames.filter(() => random() > 0.03);
};

/**
 * Where a SYN is missing or comes late, tshark takes another connection of the same ports for the same one, and the number of a
 * stray ACK for one of the connection: there are none then.
 */
const PLAIN = { ports: CONNECTIONS, hasStrays: false };

const MAKES: readonly {
  name: string;
  make: Make;
  frames?: (all: Framed[]) => Framed[];
  traffic?: Parameters<typeof makeTraffic>[2];
}[] = [
  { name: 'pcap', make: { form: 'pcap' } },
  { name: 'pcap in nanoseconds, compressed', make: { form: 'pcap', isNano: true, isGzip: true } },
  { name: 'pcapng with IPv6', make: { form: 'pcapng' }, traffic: { family: 6 } },
  { name: 'cooked (SLL)', make: { form: 'pcap', link: 'sll' } },
  { name: 'cooked (SLL2)', make: { form: 'pcap', link: 'sll2' } },
  { name: 'without link headers', make: { form: 'pcap', link: 'raw' } },
  { name: 'tagged for a VLAN, cut at 128 bytes', make: { form: 'pcapng', vlan: true, snapLength: 128 } },
  { name: 'of clients alone', make: { form: 'pcap' }, frames: (all) => all.filter(isOfClient) },
  {
    name: 'of the server alone',
    traffic: PLAIN,
    make: { form: 'pcap' },
    frames: (all) => all.filter((one) => !isOfClient(one)),
  },
  { name: 'begun late', make: { form: 'pcap' }, frames: (all) => all.slice(500) },
  { name: 'lacking packets', traffic: PLAIN, make: { form: 'pcapng' }, frames: lossy },
];

suiteNeeding('rushhour pcap and tshark count alike in a capture', ['tshark'], () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'tshark-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(MAKES.map((make, seed) => ({ ...make, seed })))('$name', async ({
    make,
    frames,
    traffic,
    seed,
  }) => {
    const all = makeTraffic(CONNECTIONS, seed, traffic);
    const path = writeCapture(join(dir, `${seed}.${make.form}`), frames?.(all) ?? all, make);
    await expectAlike(path);
  });

  it('with three duplicate acknowledgements, keep-alives, a closed window and overtaken segments', async () => {
    const [client, server] = ['10.0.0.1:40000', '192.0.2.9:3128'];
    const up = (atMs: number, flags: string, seq: number, ack: number, bytes = 0, window = 500) =>
      frameOf({ from: client, to: server, atMs, flags, seq, ack, payload: new Uint8Array(bytes), window });
    const down = (atMs: number, flags: string, seq: number, ack: number, bytes = 0) =>
      frameOf({ from: server, to: client, atMs, flags, seq, ack, payload: new Uint8Array(bytes) });
    const lost = [4_000, 5_000, 6_000].map((seq, index) => down(20 + index / 10, 'A', seq, 101, 1_000));
    const path = writeCapture(
      join(dir, 'hard.pcap'),
      [
        up(0, 'S', 100, 0),
        down(10, 'SA', 999, 101),
        up(10.1, 'A', 101, 1_000),
        down(19, 'A', 1_000, 101, 1_000),
        down(19.1, 'A', 2_000, 101, 1_000),
        ...lost,
        ...[1, 2, 3].map((index) => up(30 + index / 10, 'A', 101, 3_000)),
        // Asked for; then once more by its timer; then one that was overtaken.
        down(31, 'A', 3_000, 101, 1_000),
        down(300, 'A', 3_000, 101, 1_000),
        down(320, 'A', 8_000, 101, 1_000),
        down(320.5, 'A', 7_000, 101, 1_000),
        up(330, 'A', 101, 9_000, 0, 0),
        down(900, 'A', 8_999, 101, 0),
        down(1_400, 'A', 9_000, 101, 1),
        down(1_800, 'A', 9_000, 101, 1_000),
        down(2_200, 'A', 9_000, 101, 1_000),
        up(2_300, 'A', 101, 10_000),
        down(2_400, 'A', 9_000, 101, 1_000),
        down(2_500, 'FA', 10_000, 101),
        down(2_900, 'FA', 10_000, 101),
      ],
      { form: 'pcap' },
    );
    await expectAlike(path);
  });

  async function expectAlike(path: string): Promise<void> {
    const seen: HandshakeSeen[] = [];
    const report = await readCaptureFiles([{ path, shown: path }], {
      nowSec: EPOCH_SEC,
      onHandshake: (one) => seen.push(one),
    });
    const { initialRttUs, ...counts } = countByTshark(path);
    const { syns, synRetransmissions, synAcks, resets, connections, retransmissions } = report;
    expect({
      ...{ streams: connections, syns, synRetransmissions, synAcks, resets },
      retransmissions: retransmissions.fromClients + retransmissions.fromServers,
    }).toEqual(counts);
    // tshark takes a bare ACK of the server's for the third of the handshake.
    const handshakes = seen.filter(
      ({ syns: [syn], answers, establishedAtUs }) =>
        syn !== undefined &&
        !Number.isNaN(establishedAtUs) &&
        answers.every(({ kind }) => kind === 'syn-ack'),
    );
    const ours = handshakes.map(({ syns: all, establishedAtUs }) => [
      all[0]!.number,
      Math.round(establishedAtUs - all.at(-1)!.atUs),
    ]);
    const theirs = handshakes.map(({ syns: all }) => [
      all[0]!.number,
      Math.round(initialRttUs.get(all[0]!.number) ?? Number.NaN),
    ]);
    expect(ours).toEqual(theirs);
  }
});
