import { createRandom } from '../../src/random.ts';
import { type Framed, frameOf, type Sent, wholeConnection } from './wire.ts';

/**
 * Short connections to a proxy with all that may happen to them: SYNs lost, answered by a bare ACK or an RST, SYN-ACKs lost,
 * segments sent again, ports used again. In the order of time.
 */
export function makeTraffic(count: number, seed: number, options: TrafficOptions = {}): Framed[] {
  const { family = 4, ports = 100, hasStrays = true } = options;
  const random = createRandom(seed);
  const server = family === 4 ? '192.0.2.9:3128' : '[2001:db8::9]:3128';
  const frames = Array.from({ length: count }, (_, index) => {
    const host = 1 + (index % 3);
    const port = 40_000 + (index % (ports - (ports % 3)));
    const client = family === 4 ? `10.0.0.${host}:${port}` : `[2001:db8::10${host}]:${port}`;
    const [isn, serverIsn] = [Math.floor(random() * 2 ** 32), Math.floor(random() * 2 ** 32)];
    const exchange = {
      client,
      server,
      startMs: index * 37 + random(),
      isn,
      serverIsn,
      rttMs: 1 + 20 * random(),
    };
    const what = random();
    return oneOf(exchange, !hasStrays && what < 0.3 ? 1 : what);
  });
  return frames.flat().sort((a, b) => a.atUs - b.atUs);
}

interface TrafficOptions {
  readonly family?: 4 | 6;
  /**
   * Of each client: so many connections later a port is used again; 100 and more, or two handshakes with the same addresses
   * and ports overlap.
   */
  readonly ports?: number;
  /** Whether SYNs are lost, or answered by bare ACKs of other connections. */
  readonly hasStrays?: boolean;
}

function oneOf(exchange: Required<Parameters<typeof wholeConnection>[0]>, what: number): Framed[] {
  const { client, server, startMs, isn } = exchange;
  const syn = (ms: number): Sent => ({ from: client, to: server, atMs: startMs + ms, flags: 'S', seq: isn });
  const after = (ms: number) => wholeConnection({ ...exchange, startMs: startMs + ms });
  const answer = (ms: number, flags: string, ack: number): Sent => ({
    ...{ from: server, to: client, atMs: startMs + ms, flags, seq: 5_000, ack },
  });
  if (what < 0.1) return [syn(0), syn(1_000), syn(3_000)].map(frameOf);
  if (what < 0.2) return [frameOf(syn(0)), ...after(1_000)];
  if (what < 0.3) return [frameOf(syn(0)), frameOf(answer(1, 'A', isn + 77)), ...after(1_000)];
  if (what < 0.35) return [syn(0), answer(1, 'RA', isn + 1)].map(frameOf);
  const whole = after(0);
  // A response that the server had to send again.
  if (what < 0.45)
    return [...whole.slice(0, 5), again(whole[4]!, 300), ...whole.slice(5).map((one) => later(one, 310))];
  // A request that the client had to.
  if (what < 0.5)
    return [...whole.slice(0, 4), again(whole[3]!, 220), ...whole.slice(4).map((one) => later(one, 230))];
  // A FIN that nobody acknowledged at first.
  if (what < 0.55) return [...whole.slice(0, 7), again(whole[6]!, 250), later(whole[7]!, 260)];
  return whole;
}

function later(one: Framed, ms: number): Framed {
  return { ...one, atUs: one.atUs + ms * 1_000 };
}

/** Sent once more, as another packet. */
function again(one: Framed, ms: number): Framed {
  const frame = Uint8Array.from(one.frame);
  if (frame[12] === 8) frame[19] = (frame[19]! + 1) & 0xff;
  return later({ ...one, frame }, ms);
}
