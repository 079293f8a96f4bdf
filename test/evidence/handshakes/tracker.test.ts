import { describe, expect, it } from 'vitest';
import { HandshakeTracker } from '../../../src/evidence/handshakes/tracker.ts';
import { type Framed, frameOf, type Sent, unreachableFrame, wholeConnection } from '../wire.ts';
import { feed, track, trackOne } from './track.ts';

const CLIENT = '10.0.0.1:40000';
const SERVER = '192.0.2.9:3128';
const UP = { from: CLIENT, to: SERVER };
const DOWN = { from: SERVER, to: CLIENT };

function frames(...all: readonly Sent[]): Framed[] {
  return all.map(frameOf);
}

const syn = (atMs: number, seq = 1_000): Sent => ({ ...UP, atMs, flags: 'S', seq });
const synAck = (atMs: number, seq = 9_000, ack = 1_001): Sent => ({ ...DOWN, atMs, flags: 'SA', seq, ack });
const ack = (atMs: number): Sent => ({ ...UP, atMs, flags: 'A', seq: 1_001, ack: 9_001 });

describe('a whole connection', () => {
  it.each([
    ['IPv4', CLIENT, SERVER, 4],
    ['IPv6', '[2001:db8::1]:40000', '[2001:db8::2]:3128', 6],
    ['a server with the higher port', '10.0.0.1:1024', '192.0.2.9:50000', 4],
  ] as const)('of %s', (_, client, server, family) => {
    const one = trackOne(wholeConnection({ client, server }));
    expect(one).toMatchObject({
      family,
      ...{ clientPort: Number(client.split(':').at(-1)), serverPort: Number(server.split(':').at(-1)) },
      ...{ synCount: 1, answerCount: 1, answeredAtUs: 2_000, establishedAtUs: 2_100, end: 'closed' },
      ...{ beganEarlier: false, copies: 0, merged: 0, previousEnd: undefined, firstAtUs: 0, lastAtUs: 6_400 },
      fromClient: { packets: 4, bytes: 16, retransmissions: 0, fins: 1, rsts: 0, firstByteAtUs: 2_200 },
      fromServer: { packets: 4, bytes: 14, retransmissions: 0, fins: 1, rsts: 0, firstByteAtUs: 4_200 },
    });
    expect(client).toContain(one.client);
    expect(one.gapUs).toBeCloseTo(2_000);
    expect(one.gapAtUs).toBeCloseTo(2_200);
    expect(one.syns[0]).toMatchObject({
      ...{ number: 1, isn: 1_000, ack: 0, ttl: 64, payloadBytes: 0 },
      options: { mss: 1_460, timestamp: 256, kinds: '2,4,8,1,3' },
    });
    expect(one.answers[0]).toMatchObject({ kind: 'syn-ack', acknowledges: 'this', seq: 9_000, number: 2 });
  });
});

describe('what answers a SYN', () => {
  it('is nothing', () => {
    const { seen, counts } = track(frames(syn(0), syn(1_000), syn(3_000)));
    expect(seen[0]).toMatchObject({ synCount: 3, answers: [], establishedAtUs: Number.NaN, end: 'open' });
    expect(seen[0]!.syns.map(({ atUs }) => atUs)).toEqual([0, 1_000_000, 3_000_000]);
    expect(counts).toMatchObject({ syns: 3, synRetransmissions: 2 });
  });

  it('is a bare ACK of TIME_WAIT, an RST to it, and a SYN that passes after all', () => {
    const one = trackOne(
      frames(
        syn(0),
        { ...DOWN, atMs: 1, flags: 'A', seq: 5_000, ack: 777_000 },
        { ...UP, atMs: 1.1, flags: 'R', seq: 777_000 },
        syn(9),
        synAck(10),
        ack(10.1),
      ),
    );
    expect(one.answers.map(({ kind, acknowledges }) => `${kind} ${acknowledges}`)).toEqual([
      'ack another',
      'syn-ack this',
    ]);
    expect(one).toMatchObject({ synCount: 2, establishedAtUs: 10_100, end: 'open', fromClient: { rsts: 1 } });
  });

  it('is an RST, the sender of which its time to live tells', () => {
    const rst = { ...DOWN, atMs: 1, flags: 'RA', seq: 0, ack: 1_001, ttl: 250, ipId: 0 };
    const one = trackOne(frames(syn(0), rst));
    expect(one.answers[0]).toMatchObject({ kind: 'rst', acknowledges: 'this', ttl: 250, ipId: 0 });
    expect(one.end).toBe('reset');
  });

  it('is an RST about something else, which ends nothing', () => {
    const one = trackOne(
      frames(syn(0), { ...DOWN, atMs: 1, flags: 'RA', seq: 0, ack: 5 }, synAck(2), ack(3)),
    );
    expect(one.answers.map(({ acknowledges }) => acknowledges)).toEqual(['another', 'this']);
    expect(one).toMatchObject({ establishedAtUs: 3_000, end: 'open' });
  });

  it('is not an RST of the client without a number, which ends nothing either', () => {
    const one = trackOne(frames(syn(0), { ...UP, atMs: 1, flags: 'R', seq: 0 }, synAck(2), ack(2.1)));
    expect(one).toMatchObject({ end: 'open', synCount: 1, establishedAtUs: 2_100 });
  });

  it('is a SYN-ACK that acknowledges another SYN', () => {
    const one = trackOne(frames(syn(0), synAck(1, 9_000, 5_555)));
    expect(one.answers[0]).toMatchObject({ kind: 'syn-ack', acknowledges: 'another' });
    expect(one).toMatchObject({ answeredAtUs: Number.NaN, establishedAtUs: Number.NaN });
  });

  it('is an ICMP error about it, or about the SYN of a connection before', () => {
    const [about, stale] = frames(syn(0), syn(-5_000, 77));
    const errors = [
      unreachableFrame('10.0.0.254', 13, about!, 1),
      unreachableFrame('10.0.0.254', 1, stale!, 2),
    ];
    const { seen, counts } = track([about!, ...errors]);
    expect(seen[0]!.answers.map(({ kind, acknowledges, icmp }) => ({ kind, acknowledges, icmp }))).toEqual([
      { kind: 'icmp', acknowledges: 'this', icmp: { type: 3, code: 13, sender: '10.0.0.254' } },
      { kind: 'icmp', acknowledges: 'another', icmp: { type: 3, code: 1, sender: '10.0.0.254' } },
    ]);
    expect(counts).toMatchObject({ icmpErrors: 2, icmpStrays: 0 });
  });

  it('is no ICMP error about what the server sent', () => {
    const [about, answer] = frames(syn(0), synAck(1));
    const { seen, counts } = track([about!, answer!, unreachableFrame('10.0.0.254', 1, answer!, 2)]);
    expect(seen[0]!.answers.map(({ kind }) => kind)).toEqual(['syn-ack']);
    expect(counts).toMatchObject({ icmpErrors: 1, icmpStrays: 1 });
  });

  it('is kept sixteen times, and counted as often as it comes', () => {
    const acks = Array.from({ length: 40 }, (_, ms) => ({
      ...DOWN,
      atMs: ms + 1,
      flags: 'A',
      seq: 1,
      ack: 2,
    }));
    const copies = Array.from({ length: 30 }, (_, ms) => syn(ms * 1_000));
    const one = trackOne(frames(...copies, ...acks));
    expect(one).toMatchObject({ answerCount: 40, synCount: 30 });
    expect([one.answers.length, one.syns.length]).toEqual([16, 16]);
  });
});

describe('addresses and ports that are used again', () => {
  it('are another connection, which knows when the one before was seen last', () => {
    const before = wholeConnection({ client: CLIENT, server: SERVER });
    const after = wholeConnection({
      client: CLIENT,
      server: SERVER,
      startMs: 1_500,
      isn: 500,
      serverIsn: 700,
    });
    const { seen } = track([...before, ...after]);
    expect(seen.map(({ previousAtUs, previousEnd }) => [previousAtUs, previousEnd])).toEqual([
      [Number.NaN, undefined],
      [6_400, 'closed'],
    ]);
    expect(seen[1]!.syns[0]!.atUs - seen[1]!.previousAtUs).toBe(1_493_600);
  });

  it('are remembered when the connection before has been given up for others', () => {
    const others = [1, 2, 3, 4].flatMap((port) =>
      wholeConnection({ client: `10.0.0.2:${port}`, server: SERVER, startMs: 100 * port }),
    );
    const again = frames(syn(1_000, 5));
    const { seen } = track([...wholeConnection({ client: CLIENT, server: SERVER }), ...others, ...again], {
      capacity: 2,
    });
    expect(seen.at(-1)).toMatchObject({ previousAtUs: 6_400, previousEnd: 'closed' });
  });

  it('are another connection too where a client begins with the same number each time', () => {
    const again = [0, 1_500].flatMap((startMs) =>
      wholeConnection({ client: CLIENT, server: SERVER, startMs }),
    );
    expect(track(again).seen.map(({ synCount, previousEnd }) => [synCount, previousEnd])).toEqual([
      [1, undefined],
      [1, 'closed'],
    ]);
  });

  it('are told by a SYN-ACK where only the server was captured', () => {
    const of = (startMs: number, isn: number) =>
      wholeConnection({ client: CLIENT, server: SERVER, startMs, isn, serverIsn: isn + 70 }).filter(
        (_, index) => [1, 4, 5, 7].includes(index),
      );
    const { seen } = track([...of(0, 10), ...of(1_000, 5_000)]);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatchObject({ synCount: 0, answerCount: 1, end: 'closed', previousAtUs: 6_400 });
    expect(seen[1]!.answers[0]!.acknowledges).toBe('nothing');
  });
});

describe('captures that lack something', () => {
  it('begin late: the connection is there, without a handshake', () => {
    const one = trackOne(wholeConnection({ client: CLIENT, server: SERVER }).slice(3));
    expect(one).toMatchObject({
      beganEarlier: true,
      synCount: 0,
      answerCount: 0,
      clientPort: 40_000,
      end: 'closed',
    });
    expect([one.answeredAtUs, one.establishedAtUs]).toEqual([Number.NaN, Number.NaN]);
  });

  it('have the client alone: its acknowledgement tells that it was answered', () => {
    const all = wholeConnection({ client: CLIENT, server: SERVER });
    const one = trackOne([0, 2, 3, 6].map((index) => all[index]!));
    expect(one).toMatchObject({
      establishedAtUs: 2_100,
      answerCount: 0,
      end: 'closed',
      fromServer: { packets: 0 },
    });
  });

  it('have the answer to the first SYN alone, or before it', () => {
    const early = { ...DOWN, atMs: -1, flags: 'A', seq: 1, ack: 2 };
    const all = frames(early, syn(0), synAck(2), ack(2.1));
    expect(trackOne(all)).toMatchObject({ synCount: 1, establishedAtUs: 2_100, beganEarlier: false });
    expect(trackOne(all.filter((_, index) => index !== 1))).toMatchObject({
      synCount: 0,
      beganEarlier: false,
    });
  });

  it('lack the SYN-ACK', () => {
    const all = wholeConnection({ client: CLIENT, server: SERVER });
    expect(trackOne(all.filter((_, index) => index !== 1))).toMatchObject({
      ...{ establishedAtUs: 2_100, answeredAtUs: Number.NaN, end: 'closed' },
    });
  });

  it('have no times', () => {
    const all = wholeConnection({ client: CLIENT, server: SERVER }).map((one) => ({
      ...one,
      atUs: Number.NaN,
    }));
    expect(trackOne(all)).toMatchObject({ synCount: 1, end: 'closed', copies: 0, gapUs: Number.NaN });
  });
});

describe('packets that are there twice', () => {
  it('count once, each a few microseconds after the first', () => {
    const all = wholeConnection({ client: CLIENT, server: SERVER });
    const twice = all.flatMap((one) => [one, { ...one, atUs: one.atUs + 12 }]);
    const { seen, counts } = track(twice);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      synCount: 1,
      answerCount: 1,
      copies: 8,
      fromClient: { packets: 4, retransmissions: 0 },
    });
    expect(counts).toMatchObject({ packets: 16, copies: 8, syns: 1, synRetransmissions: 0 });
  });

  it('are not what both ends send alike', () => {
    const reset = { flags: 'R', seq: 0, ipId: 7, window: 0 };
    const { counts } = track(
      frames(syn(0), { ...UP, ...reset, atMs: 1 }, { ...DOWN, ...reset, atMs: 1.001 }),
    );
    expect(counts).toMatchObject({ copies: 0, resets: 2 });
  });

  it('count twice where they were sent twice, each numbered by the sender', () => {
    const { counts } = track(frames(syn(0), syn(0.3)));
    expect(counts).toMatchObject({ copies: 0, synRetransmissions: 1 });
  });
});

describe('segments that are sent again', () => {
  const up = frames(syn(0), synAck(2), ack(2.1));
  const data = (atMs: number, seq: number, length: number): Sent => ({
    ...{ ...DOWN, atMs, flags: 'A', seq, ack: 1_001, payload: new Uint8Array(length) },
  });

  it('count behind the handshake, and their bytes once', () => {
    const one = trackOne([
      ...up,
      ...frames(data(10, 9_001, 100), data(300, 9_001, 100), data(600, 9_001, 100)),
    ]);
    expect(one.fromServer).toMatchObject({ retransmissions: 2, bytes: 100 });
  });

  it('are not those that others have overtaken within a round trip', () => {
    const one = trackOne([...up, ...frames(data(10, 9_101, 100), data(10.1, 9_001, 100))]);
    expect(one.fromServer).toMatchObject({ retransmissions: 0, bytes: 200 });
  });

  it('are not keep-alives', () => {
    const one = trackOne([...up, ...frames(data(10, 9_001, 100), data(10_000, 9_100, 1))]);
    expect(one.fromServer.retransmissions).toBe(0);
    expect(one.gapUs).toBe(9_990_000);
  });

  it('wrap round as sequence numbers do', () => {
    const isn = 2 ** 32 - 5;
    const one = trackOne(wholeConnection({ client: CLIENT, server: SERVER, isn, serverIsn: 2 ** 32 - 1 }));
    expect(one).toMatchObject({
      establishedAtUs: 2_100,
      end: 'closed',
      fromClient: { retransmissions: 0, bytes: 16 },
    });
  });
});

it('names packets that no network carries', () => {
  const large: Sent = {
    ...DOWN,
    atMs: 5,
    flags: 'A',
    seq: 9_001,
    ack: 1_001,
    payload: new Uint8Array(4_380),
  };
  expect(trackOne(frames(syn(0), synAck(2), ack(2.1), large)).merged).toBe(1);
});

it('finds what it is asked for in the first bytes of the client', () => {
  const readToken = (bytes: Uint8Array, at: number, end: number) =>
    Buffer.from(bytes.subarray(at, end)).toString('latin1').slice(0, 5);
  expect(trackOne(wholeConnection({ client: CLIENT, server: SERVER }), { readToken }).token).toBe('GET /');
});

describe('memory', () => {
  it('gives up the connection that has been idle for longest, and counts those that were not over', () => {
    const open = frames(syn(0));
    const closed = wholeConnection({ client: '10.0.0.3:7', server: SERVER, startMs: 10 });
    const more = [1, 2].flatMap((port) => frames({ ...syn(100), from: `10.0.0.2:${port}` }));
    const { seen, counts } = track([...open, ...closed, ...more], { capacity: 2 });
    expect(seen.map(({ clientPort }) => clientPort)).toEqual([40_000, 7, 1, 2]);
    expect(counts.givenUp).toBe(1);
  });

  it('begins another with packets of a connection that was open when it was given up', () => {
    const other = { from: '10.0.0.1:40001', to: SERVER };
    const { seen, counts } = track(
      frames(
        syn(0),
        synAck(1),
        ack(2),
        { ...other, atMs: 10, flags: 'S', seq: 1 },
        { ...ack(20), payload: 'x' },
      ),
      { capacity: 1 },
    );
    expect(counts).toMatchObject({ givenUp: 2, late: 0 });
    expect(seen.map(({ clientPort, beganEarlier }) => [clientPort, beganEarlier])).toEqual([
      [40_000, false],
      [40_001, false],
      [40_000, true],
    ]);
  });

  it('gives up two that closed long ago for each new one, so that a burst does not stay', () => {
    const burst = [1, 2, 3, 4].flatMap((port) =>
      wholeConnection({ client: `10.0.0.3:${port}`, server: SERVER, startMs: port }),
    );
    const later = [5, 6].map((port) => frameOf({ ...syn(10_000 + port), from: `10.0.0.3:${port}` }));
    const tracker = new HandshakeTracker({ onHandshake: () => undefined });
    feed(tracker, [...burst, ...later]);
    expect([...tracker.live()].map(({ clientPort }) => clientPort)).toEqual([5, 6]);
  });

  it('knows late packets of connections that it has given up, and begins none with them', () => {
    const whole = wholeConnection({ client: CLIENT, server: SERVER });
    const late = { ...whole[6]!, atUs: 9_000_000 };
    const { seen, counts } = track([...whole, ...frames({ ...syn(6_000), from: '10.0.0.2:1' }), late]);
    expect(seen.map(({ clientPort, end }) => [clientPort, end])).toEqual([
      [40_000, 'closed'],
      [1, 'open'],
    ]);
    expect(counts).toMatchObject({ late: 1, givenUp: 0 });
  });

  it('finds each of many thousand connections, whatever becomes of the others', () => {
    const handshakes = Array.from({ length: 1_000 }, (_, index) =>
      wholeConnection({
        client: `10.0.${index % 250}.1:${1_024 + index}`,
        server: SERVER,
        startMs: index * 0.01,
      }),
    );
    const inTurn = Array.from({ length: 8 }, (_, step) => handshakes.map((one) => one[step]!)).flat();
    const { seen, counts } = track(inTurn, { capacity: 1_000 });
    expect(seen).toHaveLength(1_000);
    expect(seen.every(({ end, synCount }) => end === 'closed' && synCount === 1)).toBe(true);
    expect(counts.givenUp).toBe(0);
  });
});
