import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CarrierReader, parseReceivedBytes } from '../../../src/session/host/carriers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const HEADINGS = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
`;

describe('counters of interfaces', () => {
  it('are read from the text of the kernel, names with colons too', () => {
    const text = `${HEADINGS}    lo: 20238256681 172682967    0    0\neth0:1:2711905453   76625    0    0\n`;
    expect([...parseReceivedBytes(text)]).toEqual([
      ['lo', 20_238_256_681],
      ['eth0:1', 2_711_905_453],
    ]);
  });
});

describe('carriers', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-carriers-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  let made = 0;

  /** Interfaces as /sys would show them, and counters as the process itself is told them. */
  const readerOf = (
    shown: Record<string, Record<string, string>>,
    ours: Record<string, number>,
  ): CarrierReader => {
    made += 1;
    const sys = join(dir, `${made}`);
    for (const [name, files] of Object.entries(shown)) {
      mkdirSync(join(sys, name, 'statistics'), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(sys, name, file), `${text}\n`);
    }
    // Not an interface, although it is there.
    writeFileSync(join(sys, 'bonding_masters'), '\n');
    const dev = join(dir, `${made}.dev`);
    const lines = Object.entries(ours).map(([name, bytes]) => `${name}: ${bytes} 1 0 0\n`);
    writeFileSync(dev, HEADINGS + lines.join(''));
    return new CarrierReader({ sys, dev });
  };

  const shown = {
    wan0: { 'statistics/rx_bytes': '700', carrier: '1', carrier_down_count: '3' },
    wan1: { 'statistics/rx_bytes': '0', carrier_down_count: '1' },
  };

  it('are told where /sys shows what the process itself has; one that is not up has none', () => {
    const reader = readerOf(shown, { wan0: 700, wan1: 0 });
    expect(reader.trusts).toBe(true);
    expect([...reader.read(['wan0', 'wan1', 'wan2'])]).toEqual([
      ['wan0', { isUp: true, downs: 3 }],
      ['wan1', { isUp: false, downs: 1 }],
    ]);
  });

  it.each([
    { what: 'others', ours: { wan0: 700, wan7: 0 } },
    { what: 'more', ours: { wan0: 700 } },
    { what: 'fewer', ours: { wan0: 700, wan1: 0, wan2: 0 } },
    { what: 'others of the same names', ours: { wan0: 12, wan1: 0 } },
  ])('are not told where /sys shows $what', ({ ours }) => {
    const reader = readerOf(shown, ours);
    expect(reader.trusts).toBe(false);
    expect(reader.read(['wan0']).size).toBe(0);
  });

  it('are not told where there is no /sys', () => {
    expect(new CarrierReader({ sys: join(dir, 'nowhere'), dev: join(dir, 'nowhere') }).trusts).toBe(false);
  });
});

suiteNeeding(
  'carriers of this machine',
  ['/sys/class/net/lo/carrier_down_count', '/proc/self/net/dev'],
  () => {
    it('are told, because nothing here is of another network namespace', () => {
      const reader = new CarrierReader();
      expect(reader.trusts).toBe(true);
      expect(reader.read(['lo']).get('lo')).toEqual({ isUp: true, downs: 0 });
    });
  },
);
