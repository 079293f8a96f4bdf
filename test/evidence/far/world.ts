import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../../src/metrics/evidence.ts';
import type { SynFate } from '../../../src/metrics/far.ts';
import type { NotedKind } from '../../../src/metrics/noted.ts';
import { createRandom } from '../../../src/random.ts';
import { writeCapture } from '../capture-file.ts';
import { type Exchange, type Framed, frameOf, type Sent, wholeConnection } from '../wire.ts';

export const SERVER = '192.0.2.9:3128';
const OUTSIDE = '203.0.113.1';
const DELAY_MS = 5;

/** What happens to attempts, in turn, and what is to be said of their first SYN. */
const CASES: readonly (readonly [name: string, kind: NotedKind, fate: SynFate])[] = [
  ['healthy', 'healthy', 'syn-ack-returned'],
  // TIME_WAIT answers the first SYN, and a firewall drops that; the second is accepted.
  ['mended', 'recovered', 'ack-lost'],
  ['stray', 'frozen', 'ack-lost'],
  ['dropped', 'frozen', 'not-seen'],
  ['one-way', 'frozen', 'syn-ack-lost'],
  ['ignored', 'frozen', 'unanswered'],
  ['closed', 'refused', 'rst-returned'],
  ['cut', 'refused', 'answered-by-another'],
  ['covered', 'frozen', 'answered-by-another'],
];

export interface WorldOptions {
  readonly seed?: number;
  readonly count?: number;
  readonly keeps?: 'isn' | 'timestamp' | 'nonce';
  readonly aheadMs?: number;
  /** Of the far side's packets: missing from its capture. */
  readonly lackedShare?: number;
  /** Handshakes at the far side that belong to attempts without evidence, or to others, for each attempt. */
  readonly others?: number;
  readonly marker?: string;
  /** Every other attempt goes to a second far host, whose clock is ahead by this. */
  readonly secondAheadMs?: number;
  /** Packets that the far capture says it dropped. */
  readonly dropped?: number;
}

export interface World {
  readonly dir: string;
  readonly far: string;
  /** What the second host captured; empty without one. */
  readonly second: string;
  /** Attempt by its external address and port. */
  readonly truth: ReadonlyMap<string, number>;
  readonly fates: readonly SynFate[];
  /** Attempts of which the far capture has a SYN, in what it may be known by. */
  readonly arrived: ReadonlySet<number>;
}

/** Writes the folder of a run, as far as its evidence goes, and a capture of the far side. */
export function makeWorld(dir: string, options: WorldOptions = {}): World {
  const { seed = 1, count = 180, keeps = 'isn', aheadMs = 3_000, lackedShare = 0, others = 3 } = options;
  const { marker = 'ticket-4711', secondAheadMs, dropped } = options;
  const random = createRandom(seed);
  const word = () => Math.floor(random() * 2 ** 32);
  const [near, far, second]: [Framed[], Framed[], Framed[]] = [[], [], []];
  const truth = new Map<string, number>();
  const arrived = new Set<number>();
  const lines: Evidence[] = [];
  const keep = (attempt: number, frames: readonly Framed[], hasSyn: boolean) => {
    const kept = frames.filter(() => random() >= lackedShare);
    if (hasSyn && kept.length === frames.length) arrived.add(attempt);
    if (secondAheadMs === undefined || attempt % 2 === 0) far.push(...kept);
    else for (const one of kept) second.push({ ...one, atUs: one.atUs + (secondAheadMs - aheadMs) * 1_000 });
  };
  const whatIsLeft = (exchange: Exchange) => wholeConnection(exchange).filter(() => random() >= lackedShare);
  for (let attempt = 0; attempt < count; attempt += 1) {
    const [name, kind] = CASES[attempt % CASES.length]!;
    const [client, outer] = [
      `10.0.0.1:${20_000 + attempt}`,
      `${OUTSIDE}:${1_024 + ((attempt * 7_919) % 60_000)}`,
    ];
    truth.set(outer, attempt);
    const [isn, stamp, serverIsn] = [word(), word(), word()];
    const farIsn = keeps === 'isn' ? isn : word();
    const farServerIsn = keeps === 'isn' ? serverIsn : word();
    const startMs = attempt * 20 + random() * 10;
    const wayMs = () => DELAY_MS * (1 + random() / 2);
    const options1 = (value: number): Uint8Array =>
      keeps === 'nonce'
        ? Uint8Array.of(2, 4, 5, 0xb4)
        : Uint8Array.of(2, 4, 5, 0xb4, 8, 10, ...bytesOf(value), 0, 0, 0, 0, 1, 1);
    const farStamp = (ms: number) => (keeps === 'nonce' ? 0 : (stamp + ms) >>> 0);
    const syn = (ms: number) =>
      frameOf({
        from: client,
        to: SERVER,
        atMs: startMs + ms,
        flags: 'S',
        seq: isn,
        options: options1((stamp + ms) >>> 0),
      });
    const farSyn = (ms: number, at: number) =>
      frameOf({
        from: outer,
        to: SERVER,
        atMs: at,
        flags: 'S',
        seq: farIsn,
        options: options1(farStamp(ms)),
      });
    const farTime = (ms: number) => startMs + ms + aheadMs + wayMs();
    const answerAt = (atMs: number, flags: string, to: string, seq: number, ack: number): Framed =>
      frameOf({ from: SERVER, to, atMs, flags, seq, ack } satisfies Sent);
    const whole = (ms: number, at: number) => {
      const payload = `GET / HTTP/1.1\r\nX-Rushhour-Marker: ${marker}/stress/${String(attempt).padStart(16, '0')}\r\n\r\n`;
      const nears = wholeConnection({
        client,
        server: SERVER,
        startMs: startMs + ms,
        isn,
        serverIsn,
        rttMs: 4 * DELAY_MS,
      });
      const fars = wholeConnection({
        client: outer,
        server: SERVER,
        startMs: at,
        isn: farIsn,
        serverIsn: farServerIsn,
        rttMs: 0.2,
      });
      const request = frameOf({
        ...{
          from: outer,
          to: SERVER,
          atMs: at + 0.4,
          flags: 'PA',
          seq: farIsn + 1,
          ack: farServerIsn + 1,
          payload,
        },
      });
      return {
        near: [syn(ms), nears[1]!],
        far: [farSyn(ms, at), ...fars.slice(1, 3), request, ...fars.slice(5)],
      };
    };
    const bareAck = (at: number) => answerAt(at + 0.1, 'A', outer, 5, word());
    const nears: Framed[] = [];
    const fars: Framed[] = [];
    const both = (ms: number) => {
      const at = farTime(ms);
      nears.push(syn(ms));
      fars.push(farSyn(ms, at));
      return at;
    };
    switch (name) {
      case 'healthy': {
        const made = whole(0, farTime(0));
        nears.push(...made.near);
        fars.push(...made.far);
        break;
      }
      case 'mended': {
        fars.push(bareAck(both(0)));
        const made = whole(1_000, farTime(1_000));
        nears.push(...made.near);
        fars.push(...made.far);
        break;
      }
      case 'stray':
        for (const ms of [0, 1_000]) fars.push(bareAck(both(ms)));
        break;
      case 'dropped':
        nears.push(syn(0), syn(1_000));
        break;
      case 'one-way':
        for (const ms of [0, 1_000])
          fars.push(answerAt(both(ms) + 0.1, 'SA', outer, farServerIsn, farIsn + 1));
        break;
      case 'ignored':
        for (const ms of [0, 1_000]) both(ms);
        break;
      case 'closed':
        fars.push(answerAt(both(0) + 0.1, 'RA', outer, 0, farIsn + 1));
        nears.push(answerAt(startMs + 4 * DELAY_MS, 'RA', client, 0, isn + 1));
        break;
      case 'cut':
        both(0);
        nears.push(answerAt(startMs + 1, 'RA', client, 0, isn + 1));
        break;
      default:
        // The far side refuses, and something in between makes a SYN-ACK of it, which the client acknowledges.
        fars.push(answerAt(both(0) + 0.1, 'RA', outer, 0, farIsn + 1));
        fars.push(
          frameOf({ from: outer, to: SERVER, atMs: farTime(30), flags: 'A', seq: farIsn + 1, ack: 78 }),
          answerAt(farTime(40), 'R', outer, 78, 0),
        );
        nears.push(answerAt(startMs + 4 * DELAY_MS, 'SA', client, 77, isn + 1));
    }
    near.push(...nears);
    keep(attempt, fars, fars.length > 0 && (keeps !== 'nonce' || name === 'healthy' || name === 'mended'));
    lines.push(lineOf(attempt, kind, startMs, client, isn));
    for (let other = 0; other < others; other += 1)
      far.push(
        ...whatIsLeft({
          ...{
            client: `${OUTSIDE}:${61_100 + ((attempt * others + other) % 4_000)}`,
            server: SERVER,
            rttMs: 0.2,
          },
          ...{ startMs: startMs + aheadMs + other * 5, isn: word(), serverIsn: word() },
        }),
      );
  }
  mkdirSync(join(dir, 'capture'), { recursive: true });
  writeCapture(join(dir, 'capture/near.pcapng'), near, { form: 'pcapng' });
  writeFileSync(join(dir, 'evidence.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const write = (name: string, frames: Framed[]): string => {
    const path = join(dir, name);
    writeCapture(
      path,
      frames.sort((a, b) => a.atUs - b.atUs),
      dropped === undefined ? { form: 'pcap' } : { form: 'pcapng', dropped },
    );
    return path;
  };
  const path = write('seen-there.pcap', far);
  const secondPath = secondAheadMs === undefined ? '' : write('seen-there-2.pcap', second);
  const fates = lines.map((_, attempt) => CASES[attempt % CASES.length]![2]);
  return { dir, far: path, second: secondPath, truth, fates, arrived };
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}

function lineOf(attempt: number, kind: NotedKind, startMs: number, source: string, isn: number): Evidence {
  return {
    ...{ series: 'stress', attempt, kind, atUs: Math.round(startMs * 1_000), endpoint: SERVER, source },
    ...{ interface: 'eth0', met: 'silence', packetsLeftOut: 0, sinceFirstSynUs: null, rttUs: null },
    packets: [{ atUs: 0, way: 'out', kind: 'syn', ttl: 64, ipId: 1, seq: isn, ack: -1, window: 64_240 }],
  };
}
