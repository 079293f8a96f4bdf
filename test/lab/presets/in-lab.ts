import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';
import { ADDRESSES, clientAddress, PORTS } from '../../../src/lab/addresses.ts';
import { removeLab } from '../../../src/lab/down.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { readPreset } from '../../../src/lab/presets/index.ts';
import { STATE_DIR, type StateFile } from '../../../src/lab/state.ts';
import { switchPreset } from '../../../src/lab/switch.ts';
import { bringUp } from '../../../src/lab/up.ts';

const run = promisify(execFile);

/** Longer than the first SYN retransmission, at 1 s (RFC 6298, section 5.7), shorter than the second. */
export const STALLED_MS = 900;

/** Builds a lab, hands it over, and removes it whatever happens. */
export async function withLab<T>(preset: string, use: (lab: Lab) => Promise<T>): Promise<T> {
  const file = await bringUp(readPreset(preset), { lifetime: 'with-owner' });
  try {
    return await use(new Lab(file));
  } finally {
    await removeLab(file);
  }
}

/** One lab for all tests of a suite, whose firewall is switched for each: building one takes a second of a processor. */
export function withSwitchedLab(
  first = 'healthy',
): (preset: string, use: (lab: Lab) => Promise<void>) => Promise<void> {
  let file: StateFile;
  beforeAll(async () => {
    file = await bringUp(readPreset(first), { lifetime: 'with-owner' });
  });
  afterAll(async () => {
    await removeLab(file);
  });
  return async (preset, use) => {
    await switchPreset(STATE_DIR, file.state, readPreset(preset));
    await use(new Lab(file));
  };
}

export interface Attempt {
  /** When to start, from the beginning. */
  readonly atMs?: number;
  /** Number of the client. */
  readonly client?: number;
  /** Source port; absent: the system's choice. */
  readonly port?: number;
  readonly toHost?: string;
  readonly toPort?: number;
  /** Absent: a request, after which the far side closes first. Empty: nothing, the connection stays idle. */
  readonly send?: string;
  readonly giveUpMs?: number;
}

export interface Fate {
  readonly startedAtMs: number;
  readonly connectMs: number | null;
  readonly firstByteMs: number | null;
  readonly bytes: number;
  /** `closed` by the far side, `gave-up`, or an errno. */
  readonly end: string;
  readonly endMs: number;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: far\r\n\r\n';

/** Makes attempts from inside the lab and tells what became of each, in order. */
export async function attempt(lab: Lab, attempts: readonly Attempt[]): Promise<Fate[]> {
  const plan = attempts.map(
    ({ atMs = 0, client = 0, port, toHost, toPort, send = REQUEST, giveUpMs = 1_500 }) => ({
      atMs,
      from: clientAddress(client),
      port,
      toHost: toHost ?? ADDRESSES.far,
      toPort: toPort ?? PORTS.origin,
      send,
      giveUpMs,
    }),
  );
  const script = fileURLToPath(new URL('./client.mjs', import.meta.url));
  const [command, ...args] = lab.client.enter([process.execPath, script]);
  const running = run(command, args, { maxBuffer: 16 * 1024 * 1024, timeout: 90_000 });
  running.child.stdin?.end(JSON.stringify(plan));
  return JSON.parse((await running).stdout);
}

/** Retransmitted, and not answered in time for the first retransmission. */
export function isStalled({ connectMs }: Fate): boolean {
  return connectMs === null || connectMs > STALLED_MS;
}

export function isAnswered({ end, bytes }: Fate): boolean {
  return end === 'closed' && bytes > 0;
}

export function countOf(fates: readonly Fate[], test: (fate: Fate) => boolean): number {
  return fates.filter(test).length;
}

/** A counter of the kernel in one of the lab's namespaces (/proc/net/snmp and /proc/net/netstat). */
export async function readCounter(
  lab: Lab,
  room: 'client' | 'far',
  group: 'Tcp' | 'TcpExt',
  name: string,
): Promise<number> {
  const text = await lab[room].run('cat', '/proc/net/snmp', '/proc/net/netstat');
  const [names = [], values = []] = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([head]) => head === `${group}:`);
  return Number(values[names.indexOf(name)]);
}
