import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientName } from '../../src/client/registry.ts';
import { findTool } from '../support/suite-needing.ts';

/** What p0f says of a SYN. */
export interface Reading {
  readonly clientPort: number;
  readonly serverPort: number;
  readonly os: string;
  /** How: `generic` by a signature of a family, `fuzzy` although the TTL, ECN or the identification is not as there. */
  readonly params: string;
  /** version:ttl:IP options:MSS:window,scale:options:quirks:payload, as p0f.fp has it. */
  readonly signature: string;
}

/** What p0f makes of the SYNs in a capture, in their order. */
export function readByP0f(capture: string): Reading[] {
  const folder = mkdtempSync(join(tmpdir(), 'rushhour-p0f-'));
  try {
    const log = join(folder, 'log');
    execFileSync(findTool('p0f')!, ['-r', capture, '-o', log], { stdio: 'ignore' });
    const lines = readFileSync(log, 'utf8').split('\n');
    return lines.filter((line) => line.includes('mod=syn|')).map(readLine);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readLine(line: string): Reading {
  const field = (name: string): string => new RegExp(`[ |]${name}=([^|]*)`).exec(line)?.[1] ?? '';
  const portOf = (name: string): number => Number(field(name).split('/')[1]);
  return {
    ...{ clientPort: portOf('cli'), serverPort: portOf('srv') },
    ...{ os: field('os'), params: field('params'), signature: field('raw_sig') },
  };
}

/** What it says of each client. Its database is of 2012 to 2016: it knows families, and of the systems of today no version. */
export const OS: Readonly<Record<ClientName, string>> = {
  'windows-11': 'Windows NT kernel 5.x',
  'windows-10': 'Windows NT kernel',
  'linux-6': 'Linux 2.2.x-3.x',
  android: 'Linux 2.2.x-3.x',
  macos: 'Mac OS X',
  ios: 'Mac OS X',
  chromeos: 'Linux 2.2.x-3.x',
};

/** What captures of these systems say, in p0f's words: see the profiles for whose. */
export const SIGNATURES: Readonly<Record<ClientName, string>> = {
  'windows-11': '4:128+0:0:1460:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0',
  'windows-10': '4:128+0:0:1460:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+:0',
  'linux-6': '4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0',
  android: '4:64+0:0:1460:65535,9:mss,sok,ts,nop,ws:df,id+:0',
  macos: '4:64+0:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0',
  ios: '4:64+0:0:1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0',
  chromeos: '4:64+0:0:1460:mss*44,7:mss,sok,ts,nop,ws:df,id+:0',
};
