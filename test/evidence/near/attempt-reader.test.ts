import { describe, expect, it } from 'vitest';
import { encodeHead } from '../../../src/evidence/near/write-packets.ts';
import { CaptureReader } from '../../../src/net/capture/capture-reader.ts';
import { ACK, Bench, FIN, networkBytes, RST, SYN_ACK, type Wire } from './frames.ts';

const syn: Wire = { atUs: 100, seq: 1_000 };
const again: Wire = { ...syn, atUs: 1_000_100 };
const synAck: Wire = { atUs: 1_020_100, way: 'in', flags: SYN_ACK, seq: 7_000, ack: 1_001, ttl: 63 };
/** Of another connection of the endpoint: what its SYN-ACKs are like. */
const other: readonly Wire[] = [
  { ...syn, localPort: 50_000 },
  { ...synAck, atUs: 200, localPort: 50_000 },
];

describe('what packets tell of an attempt', () => {
  it('calls it silence where nothing came, and where a SYN-ACK came for a SYN that was sent again', () => {
    expect(new Bench().take(syn, again).met('frozen')).toBe('silence');
    const { evidence } = new Bench().take(syn, again, synAck).read({ kind: 'recovered' }).kept[0]!;
    expect(evidence).toMatchObject({ met: 'silence', sinceFirstSynUs: 1_020_000, rttUs: 20_000 });
    expect(evidence.packets.map(({ kind, again = false }) => [kind, again])).toEqual([
      ['syn', false],
      ['syn', true],
      ['syn-ack', false],
    ]);
    expect(evidence.packets.at(-1)).toMatchObject({ afterSyn: 1, about: 'this', ttl: 63 });
    expect(evidence.packets[0]?.options).toMatchObject({ mss: 1_460, kinds: '2,4,1,1' });
  });

  it('tells a SYN-ACK that came and did not end it from silence', () => {
    const early: Wire = { ...synAck, atUs: 20_100 };
    expect(new Bench().take(syn, early, again).met('frozen')).toBe('syn-ack');
    expect(new Bench().take(syn, early, again, synAck).met('recovered')).toBe('syn-ack');
    // It answered the second SYN, and a third one went.
    const third: Wire[] = [
      { ...syn, atUs: 3_000_100 },
      { ...synAck, atUs: 3_020_100 },
    ];
    expect(new Bench().take(syn, again, synAck, ...third).met('recovered')).toBe('syn-ack');
    const foreign: Wire = { ...early, ack: 555 };
    expect(new Bench().take(syn, foreign, again).met('frozen')).toBe('syn-ack-foreign');
  });

  it('compares an RST with the SYN-ACKs of its endpoint', () => {
    const rst: Wire = { atUs: 9_000, way: 'in', flags: RST | ACK, seq: 0, ack: 1_001, ttl: 63 };
    const met = (...wires: Wire[]) => new Bench().take(...wires).met('refused');
    expect(met(...other, syn, rst)).toBe('rst');
    expect(met(...other, syn, { ...rst, ttl: 61 })).toBe('rst-other-ttl');
    expect(met(syn, { ...rst, ttl: 61 })).toBe('rst');
    expect(met(...other, syn, { ...rst, ack: 77 })).toBe('rst-foreign');
    const { packets } = new Bench()
      .take(...other, syn, { ...rst, ttl: 61, ipId: 9 })
      .read({ kind: 'refused' }).kept[0]!.evidence;
    expect(packets.at(-1)).toMatchObject({ ttlOfSynAcks: 'other', ipIdOfSynAcks: 'other' });
    // SYN-ACKs with an ID and without one tell nothing.
    const numbered: Wire = { ...other[1]!, atUs: 300, ipId: 5 };
    const mixed = new Bench().take(...other, numbered, syn, { ...rst, ipId: 9 }).read({ kind: 'refused' });
    expect(mixed.kept[0]!.evidence.packets.at(-1)?.ipIdOfSynAcks).toBe('unknown');
  });

  it('knows the bare acknowledgement of an older connection, and what healed it', () => {
    const ack: Wire = { atUs: 400, way: 'in', flags: ACK, seq: 90, ack: 4_711 };
    const reset: Wire = { atUs: 450, flags: RST, seq: 4_711 };
    expect(new Bench().take(syn, ack, again).met('frozen')).toBe('ack-foreign');
    const healed: Wire[] = [syn, ack, reset, { ...syn, atUs: 900 }, { ...synAck, atUs: 1_100 }];
    expect(new Bench().take(...healed).met('healed')).toBe('ack-foreign');
    // One that came before the SYN is the older connection's own.
    expect(new Bench().take({ ...ack, atUs: 50 }, syn, again).met('frozen')).toBe('silence');
  });

  it('names type, code and sender of an ICMP error that quotes its SYN', () => {
    const icmp = { sender: '10.0.0.254', type: 3, code: 13 };
    const { evidence } = new Bench().take(syn, { ...syn, atUs: 300, icmp }).read({ kind: 'refused' })
      .kept[0]!;
    expect(evidence.met).toBe('icmp 3/13');
    expect(evidence.packets.at(-1)).toMatchObject({ kind: 'icmp', about: 'this', icmp });
  });

  it('says what reset an established connection', () => {
    const rst: Wire = { atUs: 90_000, way: 'in', flags: RST, seq: 7_001, ttl: 63 };
    const met = (...wires: Wire[]) => new Bench().take(syn, { ...synAck, atUs: 120 }, ...wires).met('reset');
    expect(met(rst)).toBe('rst');
    expect(met({ ...rst, ttl: 1 })).toBe('rst-other-ttl');
    expect(met()).toBe('silence');
  });

  it('reads IPv6 as well', () => {
    const ends = { us: 'fd00::2', far: 'fd00::1' };
    const icmp = { sender: 'fd00::9', type: 1, code: 1 };
    const bench = new Bench({ far: 'fd00::1' }).take(
      { ...syn, ...ends },
      { ...syn, ...ends, atUs: 300, icmp },
    );
    const { evidence } = bench.read({ kind: 'refused' }).kept[0]!;
    expect(evidence).toMatchObject({ met: 'icmpv6 1/1', source: '[fd00::2]:40001' });
  });

  it('keeps attempts apart that use one port after the other', () => {
    const bench = new Bench().take(
      ...[syn, { ...synAck, atUs: 150 }, { ...syn, atUs: 500, flags: FIN | ACK, seq: 1_001 }],
      ...[
        { ...syn, atUs: 2_000_000, seq: 9_000 },
        { ...syn, atUs: 3_000_000, seq: 9_000 },
      ],
    );
    const kinds = (startedAtUs: number, kind: 'healthy' | 'frozen') =>
      bench.read({ kind, startedAtUs }).kept[0]!.evidence.packets.map((packet) => packet.kind);
    expect(kinds(0, 'healthy')).toEqual(['syn', 'syn-ack', 'fin']);
    expect(kinds(2_000_000, 'frozen')).toEqual(['syn', 'syn']);
  });

  it('does not take a copy on another interface for a retransmission, nor a retransmission for a copy', () => {
    const copy: Wire = { ...syn, atUs: 105, interfaceIndex: 3 };
    const { packets, interface: by } = new Bench().take(syn, copy, again).read({ kind: 'frozen' })
      .kept[0]!.evidence;
    expect(packets.map(({ atUs }) => atUs)).toEqual([0, 1_000_000]);
    expect(by).toBe('if2');
    // The same bytes on the same interface were sent twice.
    const soon: Wire = { ...syn, atUs: 115 };
    expect(new Bench().take(syn, soon).read({ kind: 'frozen' }).kept[0]!.evidence.packets).toHaveLength(2);
  });

  it('says that no SYN left, and where it cannot know that', () => {
    expect(new Bench().met('frozen')).toBe('not-seen');
    expect(new Bench().met('frozen', { sourcePort: 0 })).toBe('not-held');
    const lossy = new Bench();
    lossy.lose(5);
    expect(lossy.met('frozen')).toBe('not-held');
    expect(lossy.read({ kind: 'frozen' }).kept[0]!.evidence.isPartial).toBe(true);
  });

  it('says that the first SYN of a stalled attempt did not leave, if the one that did was sent a second later', () => {
    const late = [
      { ...syn, atUs: 1_000_000 },
      { ...synAck, atUs: 1_000_150 },
    ];
    expect(new Bench().take(...late).met('recovered')).toBe('left-late');
    expect(new Bench().take(syn, again, { ...synAck, atUs: 1_000_150 }).met('recovered')).toBe('silence');
    const lossy = new Bench().take(...late);
    lossy.lose(5);
    expect(lossy.met('recovered')).not.toBe('left-late');
  });

  it('sums by series and kind, leaves healthy ones out, and counts what it has no room to keep', () => {
    const bench = new Bench().take(syn, again);
    const many = Array.from({ length: 300 }, (_, attempt) => ({ kind: 'frozen' as const, attempt }));
    const { answers, kept } = bench.read(...many, { kind: 'healthy' });
    expect(answers).toEqual({ first: { 'stalled silence': 300 } });
    expect(kept).toHaveLength(250);
  });

  it('writes packets that a reader of captures opens, the attempt beside each', () => {
    const { blocks } = new Bench().take(syn, again).read({ kind: 'frozen' }).kept[0]!;
    expect(readFrames(blocks)).toEqual([
      { comments: ['attempt 12 arm first outcome stalled'], wireBytes: 14 + 48, atUs: 100 },
      { comments: ['attempt 12 arm first outcome stalled'], wireBytes: 14 + 48, atUs: 1_000_100 },
    ]);
  });

  it('gives a link without Ethernet’s header one', () => {
    const { blocks } = new Bench().take({ ...syn, linkBytes: 0 }).read({ kind: 'frozen' }).kept[0]!;
    expect(readFrames(blocks)).toHaveLength(1);
  });
});

describe('what is kept of payloads', () => {
  const secret = 'Authorization: Basic Y2FuYXJ5';
  const holdsSecret = (bytes: Uint8Array) => Buffer.from(bytes).includes('Authoriz');

  it('is nothing: of segments, and of what ICMP quotes', () => {
    const icmp = { sender: '10.0.0.254', type: 11, code: 0 };
    const wires: Wire[] = [
      { ...syn, payload: secret },
      { ...synAck, atUs: 150 },
      { ...syn, atUs: 200, flags: FIN | ACK, seq: 1_001, payload: secret },
      { ...syn, atUs: 300, flags: ACK, seq: 1_001, payload: secret, icmp },
      { atUs: 400, way: 'in', flags: RST | ACK, ack: 1_030, payload: secret },
    ];
    expect(wires.filter((wire) => holdsSecret(networkBytes(wire)))).toHaveLength(4);
    const { blocks, evidence } = new Bench().take(...wires).read({ kind: 'reset' }).kept[0]!;
    expect(evidence.packets).toHaveLength(5);
    expect(holdsSecret(blocks)).toBe(false);
    expect(JSON.stringify(evidence)).not.toContain('Authoriz');
  });
});

describe('hostile packets', () => {
  it('never end it, and what is read of others stays', () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
      return (seed >>> 8) % below;
    };
    const icmp = { sender: '10.0.0.254', type: 3, code: 1 };
    const models = [syn, { ...synAck, atUs: 5 }, { ...syn, icmp }, { ...syn, us: 'fd00::2', far: 'fd00::1' }];
    const bench = new Bench({ recent: 4_096 }).take(syn, again);
    for (let round = 0; round < 1_500; round += 1) {
      const bytes = networkBytes(models[round % models.length]!);
      for (let times = random(4); times >= 0; times -= 1) bytes[random(bytes.length)] = random(256);
      bench.takeBytes(bytes.subarray(0, 1 + random(bytes.length)), 2_000 + round);
    }
    const { kept } = bench.read({ kind: 'frozen' }, { kind: 'healthy' });
    expect(kept[0]!.evidence.packets[0]).toMatchObject({ kind: 'syn', atUs: 0 });
    expect(readFrames(kept[0]!.blocks).length).toBeLessThanOrEqual(48);
  });
});

function readFrames(blocks: Uint8Array) {
  const frames: { comments: readonly string[]; wireBytes: number; atUs: number }[] = [];
  const reader = new CaptureReader(({ comments, wireBytes, atUs }) =>
    frames.push({ comments: [...comments], wireBytes, atUs: Math.round(atUs) }),
  );
  reader.push(encodeHead('rushhour'));
  reader.push(blocks);
  expect(reader.end(undefined).faults.size).toBe(0);
  return frames;
}
