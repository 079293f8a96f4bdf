import { constants } from 'node:os';
import { expect, it } from 'vitest';
import type { ClientProfile } from '../../../src/client/types.ts';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import type { EngineArm } from '../../../src/engine/types.ts';
import { ACK, FIN, PSH, RST, SYN } from '../../../src/net/wire/packet.ts';
import { armTo, bareArmTo, outcomeOf } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { PLAIN_CLIENT, packetsOnLoopback } from '../../support/packets.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FarEndOfPackets, type Heard } from './far-end-of-packets.ts';
import { useFarEndOfPackets } from './use-far-end.ts';

const AT = { host: '127.0.0.8', port: 9 };
const ISS = 5_000_000;
const RESPONSE = new TextEncoder().encode('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
/** How long an acknowledgement may be put off here: far longer than a turn, soon over. */
const DELAYED_ACK_US = 30_000;
const AFTER_THAT_MS = 3 * (DELAYED_ACK_US / 1_000);

/** Connects to a far end that does as it is told with what it hears, and that is all remembered. */
async function connect(
  arm: EngineArm,
  knobs: Partial<ClientProfile>,
  count: number,
  manner: (far: FarEndOfPackets, heard: Heard, since: (port: number) => readonly Heard[]) => void,
  onTurn: (far: FarEndOfPackets) => void = () => undefined,
) {
  const far = new FarEndOfPackets(AT.host, AT.port);
  const all: Heard[] = [];
  const since = (port: number) => all.filter((one) => one.port === port);
  try {
    const client = { ...PLAIN_CLIENT, ...knobs, delayedAckUs: DELAYED_ACK_US };
    const { records, faults } = await drive(createPacketEngine, {
      arms: [{ ...arm, packets: packetsOnLoopback(arm, client) }],
      starts: Array.from({ length: count }, () => ({})),
      onTurn() {
        for (let heard = far.hear(); heard !== undefined; heard = far.hear()) {
          all.push(heard);
          manner(far, heard, since);
        }
        onTurn(far);
      },
    });
    expect(faults).toEqual([]);
    return { records, since };
  } finally {
    far.close();
  }
}

/** Accepts, and answers a request with all that there is to say. @param window offered with the SYN-ACK */
const answer =
  (window = 0xffff) =>
  (far: FarEndOfPackets, { flags, seq, port, payloadBytes }: Heard): void => {
    const to = { to: port, ack: (seq + payloadBytes + ((flags & (SYN | FIN)) === 0 ? 0 : 1)) >>> 0 };
    if ((flags & SYN) !== 0) far.say({ ...to, flags: SYN | ACK, seq: ISS, window });
    else if ((flags & FIN) !== 0) far.say({ ...to, flags: ACK, seq: ISS + 2 + RESPONSE.length });
    else if (payloadBytes > 0) far.say({ ...to, flags: ACK | PSH | FIN, seq: ISS + 1, payload: RESPONSE });
  };

/** What came, in words. */
function tell({ flags, payloadBytes }: Heard): string {
  if ((flags & SYN) !== 0) return 'syn';
  if ((flags & FIN) !== 0) return 'fin';
  if ((flags & RST) !== 0) return 'rst';
  return payloadBytes > 0 ? 'request' : 'ack';
}

suiteNeeding('acknowledgements of packets', ['linux', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  useFarEndOfPackets(AT.port);

  it.each([
    ['separate', ['syn', 'ack', 'request', 'fin']],
    ['with-request', ['syn', 'request', 'fin']],
  ] as const)('of a SYN-ACK are sent as the client does: %s', async (handshakeAck, told) => {
    const { records, since } = await connect(armTo(AT), { handshakeAck }, 5, answer());
    expect(records.map((record) => outcomeOf(record))).toEqual(Array(5).fill('ok'));
    for (const { sourcePort } of records) expect(since(sourcePort).map(tell)).toEqual(told);
  });

  it('of a SYN-ACK do not wait where there is no request', async () => {
    const arm = bareArmTo(AT, { close: 'reset' });
    const { records, since } = await connect(arm, { handshakeAck: 'with-request' }, 1, answer());
    expect(since(records[0]!.sourcePort).map(tell)).toEqual(['syn', 'ack', 'rst']);
  });

  it('of a SYN-ACK come without the request where that may not be sent yet', async () => {
    // As a SYN proxy, which opens the window once it has connected to the server.
    const open = answer(0);
    const { records, since } = await connect(armTo(AT), { handshakeAck: 'with-request' }, 1, (far, heard) => {
      open(far, heard);
      if (tell(heard) === 'ack') far.say({ to: heard.port, flags: ACK, seq: ISS + 1, ack: heard.seq });
    });
    expect(outcomeOf(records[0]!)).toBe('ok');
    expect(since(records[0]!.sourcePort).map(tell)).toEqual(['syn', 'ack', 'request', 'fin']);
  });

  it('are not sent for a connection that was reset before they were due', async () => {
    let resetAtMs = Number.POSITIVE_INFINITY;
    let waiting: Heard | undefined;
    const cut = answer();
    const { records, since } = await connect(
      armTo(AT),
      {},
      2,
      (far, heard) => {
        if (tell(heard) !== 'request') return cut(far, heard);
        if (Number.isFinite(resetAtMs)) {
          waiting = heard;
          return;
        }
        // A piece of a response, which is acknowledged in a moment, and no more.
        const to = { to: heard.port, ack: heard.seq + heard.payloadBytes };
        far.say({ ...to, flags: ACK | PSH, seq: ISS + 1, payload: RESPONSE.subarray(0, 9) });
        far.say({ ...to, flags: RST | ACK, seq: ISS + 10 });
        resetAtMs = performance.now();
      },
      (far) => {
        if (waiting === undefined || performance.now() < resetAtMs + AFTER_THAT_MS) return;
        cut(far, waiting);
        waiting = undefined;
      },
    );
    const lost = records.find(({ errno }) => errno === constants.errno.ECONNRESET);
    expect(records.filter((record) => outcomeOf(record) === 'ok')).toHaveLength(1);
    expect(since(lost!.sourcePort).map(tell)).toEqual(['syn', 'ack', 'request']);
  });
});
