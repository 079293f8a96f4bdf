import { expect, it } from 'vitest';
import { judge } from '../../../src/evidence/pcap/judge.ts';
import { trackOne } from '../handshakes/track.ts';
import { frameOf, type Sent } from '../wire.ts';

const CLIENT = '10.0.0.1:40000';
const SERVER = '192.0.2.9:3128';
const UP = { from: CLIENT, to: SERVER };
const DOWN = { from: SERVER, to: CLIENT };

/**
 * A SYN that is sent again after a second and answered after this long, then a request and its answer.
 * @param thereMs, backMs from the capture to the server and back, and to the client and back
 */
function exchange(answeredMs: number, thereMs: number, backMs: number): Sent[] {
  const up = answeredMs + backMs;
  const sent: Sent[] = [
    { ...UP, atMs: 0, flags: 'S', seq: 1_000 },
    { ...UP, atMs: 1_000, flags: 'S', seq: 1_000 },
    { ...DOWN, atMs: answeredMs, flags: 'SA', seq: 9_000, ack: 1_001 },
    { ...UP, atMs: up, flags: 'A', seq: 1_001, ack: 9_001 },
    { ...UP, atMs: up, flags: 'AP', seq: 1_001, ack: 9_001, payload: 'GET /' },
    { ...DOWN, atMs: up + thereMs, flags: 'AP', seq: 9_001, ack: 1_006, payload: 'HTTP' },
    { ...UP, atMs: up + thereMs + backMs, flags: 'A', seq: 1_006, ack: 9_005 },
  ];
  return sent.sort((a, b) => a.atMs - b.atMs);
}

it.each([
  ['on the client, of a short path', exchange(1_020, 20, 0.1), 'recovered'],
  ['on the client, of a path that is longer than the timer of a SYN', exchange(1_200, 1_200, 0.1), 'slow'],
  ['on the server, of such a path', exchange(0.1, 0.1, 1_200), 'slow'],
  ['half way, of such a path', exchange(600, 600, 600), 'slow'],
  ['of such a path, on which a SYN was lost as well', exchange(2_200, 1_200, 0.1), 'recovered'],
  [
    'that ends with the handshake: its path is not known',
    exchange(1_200, 1_200, 0.1).slice(0, 4),
    'recovered',
  ],
] as const)('a handshake captured %s', (_, sent, verdict) => {
  expect(judge(trackOne(sent.map(frameOf)))).toBe(verdict);
});

it('takes no sample from a segment that was sent again', () => {
  const sent = exchange(1_020, 20, 0.1);
  const again = { ...sent[4]!, atMs: 1_500 };
  const late = sent.slice(5).map((one) => ({ ...one, atMs: one.atMs + 1_000 }));
  const seen = trackOne([...sent.slice(0, 5), again, ...late].map(frameOf));
  expect(seen.fromClient).toMatchObject({ retransmissions: 1, minRttUs: Number.NaN });
  expect(judge(seen)).toBe('recovered');
});
