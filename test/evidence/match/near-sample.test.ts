import { expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { FarCandidates } from '../../../src/evidence/match/far-candidates.ts';
import { matchHandshakes } from '../../../src/evidence/match/match.ts';
import { isStalled, NearSample } from '../../../src/evidence/match/near-sample.ts';
import { compareSides } from '../../../src/evidence/match/sides.ts';
import { renderSides } from '../../../src/render/sides.ts';
import { track } from '../handshakes/track.ts';
import { type Framed, frameOf, wholeConnection } from '../wire.ts';

const SERVER = '192.0.2.9:3128';

/** Every tenth stalls. */
function handshakes(count: number): HandshakeSeen[] {
  const frames: Framed[] = [];
  for (let index = 0; index < count; index += 1) {
    const [client, startMs, isn] = [`10.0.0.1:${20_000 + index}`, index * 10, 1_000 + index * 77_777];
    const syn = (atMs: number) => frameOf({ from: client, to: SERVER, atMs, flags: 'S', seq: isn });
    if (index % 10 === 0) frames.push(syn(startMs), syn(startMs + 1_000));
    else frames.push(...wholeConnection({ client, server: SERVER, startMs, isn, serverIsn: isn + 5 }));
  }
  return track(frames.sort((a, b) => a.atUs - b.atUs)).seen;
}

it('holds no more than it may, those that stalled first, and is told as a sample', () => {
  const all = handshakes(500);
  const sample = new NearSample(60);
  for (const one of all) sample.add(one);
  expect(sample.handshakes.filter(isStalled)).toHaveLength(50);
  expect(sample.handshakes).toHaveLength(110);
  expect(sample.leftOut).toBe(390);
  const candidates = new FarCandidates(sample.handshakes);
  for (const one of all) candidates.add(one);
  const report = compareSides(matchHandshakes(candidates), sample.leftOut);
  expect(report).toMatchObject({ matched: 110, nearAlone: 0, nearLeftOut: 390, nat: { kind: 'none' } });
  expect(report.stories).toHaveLength(50);
  expect(renderSides(report, 200)).toContain('all that stalled and a sample, without 390 others');
});

it('is a random one', () => {
  const all = handshakes(500).filter((one) => !isStalled(one));
  const sample = new NearSample(100);
  for (const one of all) sample.add(one);
  const early = sample.handshakes.filter((one) => all.indexOf(one) < all.length / 2).length;
  // Half of a hundred; outside of this range once in 10,000 seeds.
  expect(early).toBeGreaterThan(30);
  expect(early).toBeLessThan(70);
});
