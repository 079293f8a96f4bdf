import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRandom } from '../../src/random.ts';

export interface Dumping {
  readonly path: string;
  /** Ends it, its file whole. */
  stop(): Promise<void>;
}

/**
 * Captures with tcpdump until it is stopped.
 * @param enter puts a command line into the network to capture in
 */
export async function startTcpdump(
  enter: (argv: readonly string[]) => readonly string[],
  path: string,
  filter = 'tcp or icmp',
): Promise<Dumping> {
  const [command = '', ...args] = enter([
    ...['tcpdump', '-i', 'any', '-Z', 'root', '-B', '8192', '-U', '-w', path, filter],
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = once(child, 'exit');
  await said(child, /listening on/);
  return {
    path,
    async stop() {
      // What the kernel still holds for it comes within its read timeout, of a second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      child.kill('SIGINT');
      await gone;
    },
  };
}

/** Waits until a process says something that matches; gives all that it said. */
export async function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    };
    child.stderr?.on('data', hear);
    child.stdout?.on('data', hear);
    child.once('exit', () => reject(new Error(`ended before ${pattern}: ${text}`)));
  });
}

const HEADER_BYTES = 24;
const RECORD_BYTES = 16;

/**
 * Writes a pcap of tcpdump (microseconds, little-endian) again, as by a machine whose clock is ahead, and that lost some packets.
 * @returns packets that it lacks
 */
export function spoil(
  from: string,
  to: string,
  { aheadSec, lackedShare, seed = 1 }: { aheadSec: number; lackedShare: number; seed?: number },
): number {
  const bytes = readFileSync(from);
  if (bytes.readUInt32LE(0) !== 0xa1b2_c3d4) throw new Error(`${from} is another kind of file`);
  const random = createRandom(seed);
  const kept: Uint8Array[] = [bytes.subarray(0, HEADER_BYTES)];
  let lacked = 0;
  for (let at = HEADER_BYTES; at + RECORD_BYTES <= bytes.length; ) {
    const end = at + RECORD_BYTES + bytes.readUInt32LE(at + 8);
    if (random() < lackedShare) lacked += 1;
    else {
      bytes.writeUInt32LE(bytes.readUInt32LE(at) + aheadSec, at);
      kept.push(bytes.subarray(at, end));
    }
    at = end;
  }
  writeFileSync(to, Buffer.concat(kept));
  return lacked;
}
