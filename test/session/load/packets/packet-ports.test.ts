import { describe, expect, it } from 'vitest';
import { findSparePorts, sharePorts } from '../../../../src/session/load/packets/packet-ports.ts';
import { countPorts } from '../../../../src/session/load/sources.ts';

describe('ports of this machine’s own address', () => {
  it('are those that the kernel gives to nobody, without those that something listens on', () => {
    const blocked = [
      { from: 20_000, to: 20_009 },
      { from: 61_000, to: 61_000 },
      { from: 80, to: 80 },
    ];
    expect(findSparePorts({ from: 32_768, to: 60_999 }, blocked)).toEqual([
      { from: 10_000, to: 19_999 },
      { from: 20_010, to: 32_767 },
      { from: 61_001, to: 65_535 },
    ]);
  });

  it('are asked for where the kernel may give all of them away', () => {
    expect(() => findSparePorts({ from: 1_024, to: 65_535 }, [])).toThrow(
      'ip_local_port_range is 1024 65535',
    );
  });
});

describe('shares of ports', () => {
  const ranges = [
    { from: 10_000, to: 10_009 },
    { from: 20_000, to: 20_019 },
  ];

  it('are all there is, for one arm', () => {
    expect(sharePorts(ranges, { index: 0, count: 1, addresses: 1 })).toEqual(ranges);
  });

  it('do not overlap, for several', () => {
    const shares = [0, 1, 2].map((index) => sharePorts(ranges, { index, count: 3, addresses: 1 }));
    expect(shares).toEqual([
      [{ from: 10_000, to: 10_009 }],
      [{ from: 20_000, to: 20_009 }],
      [{ from: 20_010, to: 20_019 }],
    ]);
  });

  it('are smaller for many addresses', () => {
    const all = [{ from: 32_768, to: 60_999 }];
    const ports = countPorts(sharePorts(all, { index: 0, count: 1, addresses: 16_382 }));
    expect(ports).toBe(488);
    expect(countPorts(sharePorts(all, { index: 0, count: 1, addresses: 62 }))).toBe(28_232);
  });
});
