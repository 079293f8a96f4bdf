import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CLIENT_NAMES, CLIENTS, type ClientName } from '../../src/client/registry.ts';
import { resolveClient } from '../../src/client/resolve.ts';
import type { ClientProfile } from '../../src/client/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { OS, type Reading, readByP0f, SIGNATURES } from './read-by-p0f.ts';
import { type Syn, writePcap } from './support.ts';

/** What p0f makes of each SYN, in their order. */
function read(syns: readonly Omit<Syn, 'sourcePort'>[]): Reading[] {
  const folder = mkdtempSync(join(tmpdir(), 'rushhour-syns-'));
  try {
    const capture = join(folder, 'syn.pcap');
    writeFileSync(capture, writePcap(syns.map((syn, index) => ({ ...syn, sourcePort: 50_000 + index }))));
    const readings = readByP0f(capture);
    expect(readings.map(({ clientPort }) => clientPort)).toEqual(syns.map((_, index) => 50_000 + index));
    return readings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readAll(family: 4 | 6): Record<ClientName, Reading> {
  const readings = read(CLIENT_NAMES.map((name) => ({ profile: CLIENTS[name], family })));
  return Object.fromEntries(CLIENT_NAMES.map((name, index) => [name, readings[index]!])) as Record<
    ClientName,
    Reading
  >;
}

suiteNeeding('clients as p0f sees them', ['p0f'], () => {
  it('are taken for the family of systems that they imitate', () => {
    const readings = Object.entries(readAll(4));
    expect(Object.fromEntries(readings.map(([name, { os }]) => [name, os]))).toEqual(OS);
    // Macs have asked for ECN since its signature was taken, and number no packets that must not be fragmented.
    const inexact = readings.filter(([, { params }]) => params !== 'generic').map(([name]) => name);
    expect(inexact).toEqual(['macos', 'ios']);
  });

  it('have the signatures that captures of those systems have', () => {
    const seen = Object.entries(readAll(4)).map(([name, { signature }]) => [name, signature]);
    expect(Object.fromEntries(seen)).toEqual(SIGNATURES);
  });

  it('are taken for the same over IPv6, where the MSS is 20 less and whole segments make another window', () => {
    const readings = readAll(6);
    const seen = Object.entries(readings).map(([name, { os }]) => [name, os]);
    expect(Object.fromEntries(seen)).toEqual(OS);
    expect(readings['windows-10'].signature).toBe('6:128+0:0:1440:mss*45,8:mss,nop,ws,nop,nop,sok::0');
  });

  it('are taken for what they are as soon as one of the fields is another', () => {
    const { 'windows-10': windows, 'linux-6': linux, macos } = CLIENTS;
    const changed: readonly [what: string, profile: ClientProfile, os: string, params: string][] = [
      ['Windows without SACK', resolveClient('windows-10', { sack: false }), '???', 'none'],
      ['Windows with timestamps', resolveClient('windows-10', { timestamps: true }), '???', 'none'],
      [
        'Windows in the order of Linux',
        { ...windows, synOptions: linux.synOptions },
        'Linux 2.2.x-3.x',
        'generic fuzzy',
      ],
      [
        'Linux in the order of Windows',
        { ...linux, synOptions: windows.synOptions },
        'Windows NT kernel',
        'generic fuzzy',
      ],
      ['Linux without a scale', resolveClient('linux-6', { windowScale: 'off' }), '???', 'none'],
      ['a Mac with another window', { ...macos, synWindow: 64_240 }, '???', 'none'],
      // It believes the options rather than the TTL, and says so by no more than "fuzzy".
      ['Windows with the TTL of Linux', { ...windows, ttl: 64 }, 'Windows NT kernel', 'generic fuzzy'],
      ['Linux with the TTL of Windows', { ...linux, ttl: 128 }, 'Linux 2.2.x-3.x', 'generic fuzzy'],
    ];
    const readings = read(changed.map(([, profile]) => ({ profile, family: 4 as const })));
    expect(changed.map(([what], index) => [what, readings[index]?.os, readings[index]?.params])).toEqual(
      changed.map(([what, , os, params]) => [what, os, params]),
    );
  });

  it('reads the knobs as they are meant', () => {
    const profiles = [
      resolveClient('windows-10', { timestamps: true }),
      resolveClient('linux-6', { timestamps: false, ecn: 'ecn', ttl: 200 }),
      resolveClient('linux-6', { mss: 536, windowScale: 14, window: 1_000 }),
      resolveClient('macos', { sack: false, ecn: 'off' }),
      resolveClient('linux-6', { fastOpen: true, ecn: 'accecn' }),
    ];
    expect(
      read(profiles.map((profile) => ({ profile, family: 4 as const }))).map((one) => one.signature),
    ).toEqual([
      '4:128+0:0:1460:mss*44,8:mss,nop,ws,sok,ts:df,id+:0',
      '4:200+?:0:1460:mss*44,7:mss,nop,nop,sok,nop,ws:df,id+,ecn:0',
      '4:64+0:0:536:1000,14:mss,sok,ts,nop,ws:df,id+:0',
      '4:64+0:0:1460:65535,6:mss,nop,ws,nop,nop,ts:df:0',
      '4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws,?34,nop,nop:df,id+,ecn:0',
    ]);
  });
});
