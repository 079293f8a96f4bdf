import { expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { Offsets } from '../../../src/evidence/match/offsets.ts';

const WAY_US = 5_000;

/** Of a handshake, by the times of its SYNs, only what offsets are told by. */
function seenAt(timesUs: readonly number[]): HandshakeSeen {
  return {
    syns: timesUs.map((atUs) => ({ atUs })),
    synCount: timesUs.length,
    answers: [],
  } as unknown as HandshakeSeen;
}

/** What a run keeps on a path that loses SYNs: mostly those whose first one was lost. */
function lostFirst(count: number): { near: HandshakeSeen; far: HandshakeSeen }[] {
  return Array.from({ length: count }, (_, index) => {
    const atUs = index * 100_000;
    return { near: seenAt([atUs, atUs + 1_003_000]), far: seenAt([atUs + 1_003_000 + WAY_US]) };
  });
}

it('is not told by first SYNs that were lost on the way', () => {
  const whole = { near: seenAt([50_000]), far: seenAt([50_000 + WAY_US]) };
  const offsets = new Offsets([...lostFirst(60), whole]);
  expect(offsets.at(0)).toBe(WAY_US);
  expect(offsets.fits(whole)).toBe(true);
});

it('is told by the handshakes of a single SYN where there are some, whatever the others look like', () => {
  const single = [1, 2, 3].map((nth) => ({
    near: seenAt([nth * 70_000]),
    far: seenAt([nth * 70_000 + WAY_US]),
  }));
  // The last copy was lost, too, and what came late is the answer to the first.
  const lostLast = Array.from({ length: 60 }, (_, index) => {
    const atUs = index * 100_000;
    return {
      near: seenAt([atUs, atUs + 1_003_000, atUs + 3_003_000]),
      far: seenAt([atUs + 1_003_000 + WAY_US]),
    };
  });
  expect(new Offsets([...lostLast, ...single]).at(0)).toBe(WAY_US);
});
