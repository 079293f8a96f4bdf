import { describe, expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { type Links, linkPackets } from '../../../src/evidence/match/link-packets.ts';
import { FarClock } from '../../../src/evidence/match/offsets.ts';
import { trackOne } from '../handshakes/track.ts';
import { frameOf, type Sent } from '../wire.ts';

const CLIENT = '10.0.0.2:40000';
const SERVER = '192.0.2.9:3128';

const fromClient = (atMs: number, more: Partial<Sent> = {}) =>
  frameOf({ from: CLIENT, to: SERVER, atMs, flags: 'S', seq: 77, ...more });
const fromServer = (atMs: number, more: Partial<Sent>) =>
  frameOf({ from: SERVER, to: CLIENT, atMs, flags: 'A', seq: 9, ack: 4_444, ...more });

/** Of two sides whose clocks agree. */
function link(near: HandshakeSeen, far: HandshakeSeen): Links {
  const pair = { near, far, by: 'isn' as const };
  return linkPackets(pair, new FarClock([pair], { us: 0, uncertaintyUs: 0 }));
}

describe('the packets of a handshake on both sides', () => {
  it('are linked by their numbers, and not to the first of their kind', () => {
    const answers = [fromServer(1, { seq: 9 }), fromServer(2, { seq: 10 })];
    const near = trackOne([fromClient(0), answers[1]!]);
    const far = trackOne([fromClient(0), ...answers]);
    const { returned } = link(near, far);
    expect([...returned.keys()].map(({ seq }) => seq)).toEqual([10]);
  });

  it('are not linked if one was received before the other was sent', () => {
    const reset = { flags: 'RA', seq: 0, ack: 78 };
    const near = trackOne([fromClient(0), fromServer(1, reset)]);
    const far = trackOne([fromClient(0), fromServer(500, reset)]);
    expect([...link(near, far).invented].map(({ kind }) => kind)).toEqual(['rst']);
  });

  it('are each linked once, though both are alike', () => {
    const synAck = { flags: 'SA', seq: 9, ack: 78 };
    const near = trackOne([fromClient(0), fromServer(1, synAck), fromServer(400, synAck)]);
    const far = trackOne([fromClient(0), fromServer(1, synAck)]);
    const { returned, invented } = link(near, far);
    expect([[...returned.values()], [...invented]].map((all) => all.map(({ atUs }) => atUs))).toEqual([
      [1_000],
      [400_000],
    ]);
  });

  it('are not called invented where the far capture lacks what must have been sent', () => {
    const synAck = fromServer(1, { flags: 'SA', seq: 9, ack: 78 });
    const after = [
      fromClient(2, { flags: 'A', seq: 78, ack: 10 }),
      fromServer(3, { seq: 10, ack: 78, payload: 'x' }),
    ];
    const near = trackOne([fromClient(0), synAck, ...after]);
    expect(link(near, trackOne([fromClient(0), ...after])).invented.size).toBe(0);
    // Here the far side sent nothing at all.
    expect(link(near, trackOne([fromClient(0)])).invented.size).toBe(1);
  });
});
