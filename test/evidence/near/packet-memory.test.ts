import { describe, expect, it } from 'vitest';
import { ACK, Bench, SYN_ACK, type Wire } from './frames.ts';

/** A handshake that is answered at once, by its local port. */
function healthy(localPort: number, atUs: number): Wire[] {
  return [
    { atUs, localPort, seq: localPort },
    { atUs: atUs + 50, localPort, way: 'in', flags: SYN_ACK, seq: 1, ack: localPort + 1 },
    { atUs: atUs + 90, localPort, way: 'in', flags: ACK, seq: 2, ack: localPort + 1 },
  ];
}

function manyHealthy(count: number, fromUs: number): Wire[] {
  return Array.from({ length: count }, (_, index) => healthy(41_000 + index, fromUs + index * 1_000)).flat();
}

describe('the memory of packets', () => {
  it('keeps the SYNs that nothing answered when others make it full', () => {
    const bench = new Bench({ recent: 16 });
    bench.take({ atUs: 0 }, ...manyHealthy(20, 1_000), { atUs: 1_000_000 }, ...manyHealthy(20, 1_001_000));
    const { packets } = bench.read({ kind: 'frozen' }).kept[0]!.evidence;
    expect(packets.map(({ kind, atUs }) => [kind, atUs])).toEqual([
      ['syn', 0],
      ['syn', 1_000_000],
    ]);
  });

  it('keeps a SYN that was answered, but late', () => {
    const bench = new Bench({ recent: 16 });
    const late: Wire = { atUs: 900_000, way: 'in', flags: SYN_ACK, ack: 8 };
    bench.take({ atUs: 0, seq: 7 }, late, ...manyHealthy(20, 901_000));
    expect(bench.read({ kind: 'recovered' }).kept[0]!.evidence.packets).toHaveLength(2);
  });

  it('takes a SYN that goes again on another interface for no copy', () => {
    const bench = new Bench().take({ atUs: 0 }, { atUs: 1_000_000, interfaceIndex: 3 });
    const { packets } = bench.read({ kind: 'frozen' }).kept[0]!.evidence;
    expect(packets.map(({ atUs, again }) => [atUs, again])).toEqual([
      [0, undefined],
      [1_000_000, true],
    ]);
  });

  it('keeps with them what answered them late', () => {
    const bench = new Bench({ recent: 16 });
    const late: Wire = { atUs: 900_000, way: 'in', flags: ACK, ack: 5 };
    bench.take({ atUs: 0 }, ...manyHealthy(20, 1_000), late, ...manyHealthy(20, 901_000));
    expect(bench.met('frozen')).toBe('ack-foreign');
  });

  it('keeps a SYN, the one that went again and the answer to that', () => {
    const bench = new Bench({ recent: 16 });
    const again: Wire[] = [
      { atUs: 1_000_000, seq: 7 },
      { atUs: 1_000_050, way: 'in', flags: SYN_ACK, ack: 8 },
    ];
    bench.take({ atUs: 0, seq: 7 }, ...manyHealthy(20, 1_000), ...again, ...manyHealthy(20, 1_001_000));
    const { packets } = bench.read({ kind: 'recovered' }).kept[0]!.evidence;
    expect(packets.map(({ atUs }) => atUs)).toEqual([0, 1_000_000, 1_000_050]);
  });

  it('keeps a SYN that was answered with a foreign number', () => {
    const bench = new Bench({ recent: 16 });
    bench.take(
      { atUs: 0, seq: 7 },
      { atUs: 50, way: 'in', flags: SYN_ACK, ack: 99 },
      ...manyHealthy(20, 1_000),
    );
    expect(bench.read({ kind: 'frozen' }).kept[0]!.evidence.packets).toHaveLength(2);
  });

  it('keeps no acknowledgements within a connection, but one that answers its next SYN', () => {
    const bench = new Bench().take(...healthy(40_001, 0), { atUs: 10_000, seq: 50 });
    bench.take({ atUs: 10_050, way: 'in', flags: ACK, seq: 2, ack: 40_002 });
    const kindsOf = (startedAtUs: number): string[] =>
      bench.read({ kind: 'frozen', startedAtUs }).kept[0]!.evidence.packets.map(({ kind }) => kind);
    expect([kindsOf(0), kindsOf(10_000)]).toEqual([
      ['syn', 'syn-ack'],
      ['syn', 'ack'],
    ]);
  });

  it('says of a handshake that was answered at once and went that it does not know', () => {
    const bench = new Bench({ recent: 16 }).take(...healthy(40_001, 0), ...manyHealthy(20, 1_000));
    expect(bench.met('reset')).toBe('not-held');
  });

  it('says that it forgot unanswered ones which may still be asked for', () => {
    const unanswered = Array.from(
      { length: 40 },
      (_, index): Wire => ({ atUs: index, localPort: 42_000 + index }),
    );
    const bench = new Bench({ recent: 16, unanswered: 8 }).take({ atUs: 0 }, ...unanswered);
    expect(bench.met('frozen')).toBe('not-held');
    const old = new Bench({ recent: 16, unanswered: 8, horizonUs: 5 }).take({ atUs: 0 }, ...unanswered);
    // Nobody asks for what is older than the longest handshake.
    expect(old.read({ kind: 'frozen', startedAtUs: 40_000 }).kept[0]!.evidence.isPartial).toBeUndefined();
  });

  it('finds packets by address as well where the run bound one', () => {
    const bench = new Bench({ sources: ['10.0.0.2'] });
    bench.take({ atUs: 0, us: '10.0.0.3' }, { atUs: 900 });
    const { packets, source } = bench.read({ kind: 'frozen' }).kept[0]!.evidence;
    expect([packets.length, source]).toEqual([1, '10.0.0.2:40001']);
  });

  it.each([
    'the device behind it first',
    'its own interface first',
  ])('lets healthy handshakes go though a VLAN shows each packet twice, %s', (first) => {
    // What leaves passes the VLAN's interface, then its device, and what arrives the other way round; or a bridge and its port.
    const [one, other] = first.startsWith('its') ? [5, 2] : [2, 5];
    const twice = manyHealthy(40, 1_000).flatMap((wire): Wire[] => [
      { ...wire, interfaceIndex: wire.way === 'in' ? other : one },
      { ...wire, interfaceIndex: wire.way === 'in' ? one : other, atUs: wire.atUs + 5 },
    ]);
    const bench = new Bench({ recent: 16, unanswered: 8 });
    bench.take({ atUs: 0 }, { atUs: 5, interfaceIndex: 5 }, ...twice, { atUs: 1_000_000 });
    const { evidence } = bench.read({ kind: 'frozen' }).kept[0]!;
    expect([evidence.met, evidence.packets.length, evidence.isPartial]).toEqual(['silence', 2, undefined]);
  });

  it('goes on past 2^31 packets as before', () => {
    const bench = new Bench({ recent: 16, firstNumber: 0x7fff_fff0 });
    bench.take({ atUs: 0 }, ...manyHealthy(30, 1_000), { atUs: 1_000_000 });
    expect(bench.read({ kind: 'frozen' }).kept[0]!.evidence.packets).toHaveLength(2);
  });
});
