import { expect, it } from 'vitest';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../../src/net/wire/packet.ts';
import { armTo, outcomeOf } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { packetsOnLoopback } from '../../support/packets.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FarEndOfPackets, type Heard } from './far-end-of-packets.ts';
import { useFarEndOfPackets } from './use-far-end.ts';

const HOST = '127.0.0.9';
const PORT = 9;
const ATTEMPTS = 20;
/** Useless packets before each answer. */
const USELESS = 50;
const ISS = 1_000_000;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const RESPONSE = bytesOf(
  'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789',
);
const FORGED = bytesOf('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');

/** What a far end says to what it hears. */
type Manner = (far: FarEndOfPackets, heard: Heard) => void;

/** A far end in order. @param pieces from where to where each of its segments goes, the last one with FIN */
function answer(
  far: FarEndOfPackets,
  { flags, seq, port, payloadBytes }: Heard,
  pieces: readonly number[],
): void {
  const next = (seq + payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0;
  if ((flags & SYN) !== 0) far.say({ to: port, flags: SYN | ACK, seq: ISS, ack: next });
  else if ((flags & FIN) !== 0) far.say({ to: port, flags: ACK, seq: ISS + 2 + RESPONSE.length, ack: next });
  else if (payloadBytes > 0) {
    for (let index = 0; index + 1 < pieces.length; index += 2) {
      const [from, to] = [pieces[index]!, pieces[index + 1]!];
      const isLast = index + 2 === pieces.length;
      const payload = RESPONSE.subarray(from, to);
      far.say({ to: port, flags: ACK | PSH | (isLast ? FIN : 0), seq: ISS + 1 + from, ack: next, payload });
    }
  }
}

const WHOLE = [0, RESPONSE.length];

async function meet(manner: Manner) {
  const far = new FarEndOfPackets(HOST, PORT);
  try {
    const arm = armTo({ host: HOST, port: PORT });
    const onTurn = (): void => {
      for (let heard = far.hear(); heard !== undefined; heard = far.hear()) manner(far, heard);
    };
    const arms = [{ ...arm, packets: packetsOnLoopback(arm) }];
    const plan = { arms, starts: Array.from({ length: ATTEMPTS }, () => ({})), concurrency: 5, onTurn };
    const { records, faults } = await drive(createPacketEngine, plan);
    expect(faults).toEqual([]);
    return records;
  } finally {
    far.close();
  }
}

suiteNeeding(
  'the packet engine among packets that are no use',
  ['linux', 'netns', 'ip', 'nft', 'npm:koffi'],
  () => {
    useFarEndOfPackets(PORT);

    const expectAllWell = (records: Awaited<ReturnType<typeof meet>>): void => {
      expect(
        records.map((record) => [outcomeOf(record), record.status, record.bytes, record.synRetransmits]),
      ).toEqual(records.map(() => ['ok', 200, RESPONSE.length, 0]));
    };

    it('takes what has a wrong checksum for lost', async () => {
      const records = await meet((far, heard) => {
        const { seq, port, payloadBytes } = heard;
        const next = (seq + payloadBytes + ((heard.flags & SYN) === 0 ? 0 : 1)) >>> 0;
        const wrong = { to: port, ack: next, wrongBy: 1 };
        if ((heard.flags & SYN) !== 0) {
          far.say({ ...wrong, flags: RST | ACK, seq: 0 });
          far.say({ ...wrong, flags: SYN | ACK, seq: 77 });
        } else if (payloadBytes > 0) {
          far.say({ ...wrong, flags: ACK | PSH | FIN, seq: ISS + 1, payload: FORGED });
          far.say({ ...wrong, flags: RST | ACK, seq: ISS + 1 });
        }
        answer(far, heard, WHOLE);
      });
      expectAllWell(records);
    });

    it('puts overlapping and repeated segments together once', async () => {
      const end = RESPONSE.length;
      const records = await meet((far, heard) => answer(far, heard, [0, 20, 10, 40, 5, 30, 0, 41, 40, end]));
      expectAllWell(records);
    });

    it('goes on under a flood of SYNs, of foreign acknowledgements and of garbage', async () => {
      const records = await meet((far, heard) => {
        for (let index = 0; index < USELESS; index += 1) {
          const to = 1_024 + ((heard.port * 31 + index * 997) % 60_000);
          if (to === heard.port) continue;
          far.say({ to, flags: SYN, seq: index, ack: 0 });
          far.say({ to, flags: RST, seq: index, ack: 0 });
          // Header lengths that contradict the packet's own, to the very port that waits.
          far.say({
            to: heard.port,
            flags: SYN | ACK,
            seq: index,
            ack: heard.seq + 1,
            headerWords: index % 5,
          });
          far.say({
            to: heard.port,
            flags: SYN | ACK,
            seq: index,
            ack: heard.seq + 1,
            headerWords: 6 + (index % 10),
          });
        }
        answer(far, heard, WHOLE);
      });
      expectAllWell(records);
    });
  },
);
