import { expect, it } from 'vitest';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { measureOffset, Offsets } from '../../../src/evidence/match/offsets.ts';

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

it('are told by as many handshakes at the end as before, so that one that is wrong does not count', () => {
  const right = Array.from({ length: 51 }, (_, index) => ({
    near: seenAt([index * 100_000]),
    far: seenAt([index * 100_000 + WAY_US]),
  }));
  const wrong = { near: seenAt([6_000_000]), far: seenAt([9_000_000]) };
  const offsets = new Offsets([...right, wrong]);
  expect(offsets.at(6_000_000)).toBe(WAY_US);
  expect(offsets.fits(wrong)).toBe(false);
});

it('measures no offset by a handshake of which the far side saw another copy of the SYN', () => {
  const answeredAt = (timesUs: readonly number[], atUs: number): HandshakeSeen => ({
    ...seenAt(timesUs),
    answers: [{ kind: 'syn-ack', atUs } as HandshakeSeen['answers'][number]],
  });
  const near = answeredAt([0], 2_000);
  expect(measureOffset([{ near, far: answeredAt([1_000, 1_001_000], 1_100) }])).toBeUndefined();
  expect(measureOffset([{ near, far: answeredAt([1_000], 1_100) }])).toEqual({ us: 50, uncertaintyUs: 950 });
});
