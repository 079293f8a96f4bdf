import { describe, expect, it } from 'vitest';
import { findCutAge } from '../../src/analysis/findings/cut-age.ts';
import { findKnee } from '../../src/analysis/findings/knee.ts';
import { Tally } from '../../src/analysis/tally.ts';
import type { ProofsAtAge } from '../../src/analysis/types.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import { armOf, fine, frameOf, histogramOf, hold, sec, summaryOf } from './parts.ts';

/** 1,000/s to 4,000/s, two seconds each. */
const STEPS: Load = {
  kind: 'open',
  phases: [{ kind: 'step', fromPerSec: 1_000, toPerSec: 4_000, byPerSec: 1_000, eachUs: sec(2) }],
};

interface Step {
  readonly ratePerSec: number;
  readonly stalled?: number;
  readonly unsent?: number;
  readonly refused?: number;
}

/** Two seconds for each step; its stalls and unsent attempts fall into the first. */
function playSteps(steps: readonly Step[]): Tally {
  const tally = new Tally();
  for (const [index, { ratePerSec, stalled = 0, unsent = 0, refused = 0 }] of steps.entries()) {
    const second = index * 2;
    tally.add(
      frameOf(second, {
        stress: {
          ...fine(ratePerSec),
          started: ratePerSec - unsent,
          unsent,
          recovered: stalled,
          outcomes: { ok: ratePerSec - unsent - refused, 'handshake-refused': refused },
          stalledBySecond: stalled > 0 ? { [second]: stalled } : {},
        },
      }),
    );
    tally.add(frameOf(second + 1, { stress: fine(ratePerSec) }));
  }
  return tally;
}

const kneeOf = (steps: readonly Step[], load: Load = STEPS) =>
  findKnee(armOf({ load }), playSteps(steps).series('stress'));

describe('the knee', () => {
  it('is not found where every step was clean', () => {
    expect(kneeOf([1_000, 2_000, 3_000, 4_000].map((ratePerSec) => ({ ratePerSec })))).toEqual([
      {
        kind: 'knee',
        arm: 'stress',
        confidence: 'none',
        ratePerSec: 4_000,
        text: 'no knee up to 4000/s: no stalls, failures or unsent attempts above 0.1 %',
      },
    ]);
  });

  it('lies at the last clean step before handshakes stall, surely where they go on to', () => {
    const steps = [
      { ratePerSec: 1_000 },
      { ratePerSec: 2_000 },
      { ratePerSec: 3_000, stalled: 60 },
      { ratePerSec: 4_000, stalled: 800 },
    ];
    expect(kneeOf(steps)).toEqual([
      {
        kind: 'knee',
        arm: 'stress',
        confidence: 'high',
        ratePerSec: 2_000,
        text: 'clean up to 2000/s; at 3000/s, 60 of 6000 handshakes stalled (1 %)',
      },
    ]);
  });

  it('takes more than 0.1 % for stalling', () => {
    const last = (stalled: number) =>
      kneeOf([{ ratePerSec: 1_000 }, { ratePerSec: 2_000 }, { ratePerSec: 3_000, stalled }])[0];
    expect(last(6)).toMatchObject({ confidence: 'none', ratePerSec: 3_000 });
    expect(last(7)).toMatchObject({ confidence: 'medium', ratePerSec: 2_000 });
  });

  it('is doubtful where higher steps were clean again', () => {
    const steps = [{ ratePerSec: 1_000 }, { ratePerSec: 2_000, stalled: 30 }, { ratePerSec: 3_000 }];
    expect(kneeOf(steps)).toMatchObject([
      {
        confidence: 'low',
        ratePerSec: 1_000,
        text: expect.stringMatching(/at 2000\/s, .*; higher steps were clean again/),
      },
    ]);
  });

  it('lies before a step at which attempts failed, though none stalled', () => {
    expect(kneeOf([{ ratePerSec: 1_000 }, { ratePerSec: 2_000, refused: 400 }])).toMatchObject([
      { ratePerSec: 1_000, text: 'clean up to 1000/s; at 2000/s, 400 of 4000 attempts failed (10 %)' },
    ]);
  });

  it('says that this machine could do no more where attempts were unsent', () => {
    expect(kneeOf([{ ratePerSec: 1_000 }, { ratePerSec: 2_000, unsent: 400 }])).toMatchObject([
      {
        ratePerSec: 1_000,
        text: "clean up to 1000/s; at 2000/s, 400 of 4000 attempts were unsent (10 %: this machine's limit)",
      },
    ]);
  });

  it('lies below the lowest step where that stalled already', () => {
    expect(
      kneeOf([
        { ratePerSec: 1_000, stalled: 100 },
        { ratePerSec: 2_000, stalled: 100 },
      ]),
    ).toMatchObject([
      {
        confidence: 'low',
        ratePerSec: 0,
        text: 'the knee is below the lowest step: already at 1000/s, 100 of 2000 handshakes stalled (5 %)',
      },
    ]);
  });

  it('is found by steps downwards too', () => {
    const load: Load = {
      kind: 'open',
      phases: [{ kind: 'step', fromPerSec: 3_000, toPerSec: 1_000, byPerSec: 1_000, eachUs: sec(2) }],
    };
    const steps = [{ ratePerSec: 3_000, stalled: 60 }, { ratePerSec: 2_000 }, { ratePerSec: 1_000 }];
    expect(kneeOf(steps, load)).toMatchObject([{ confidence: 'medium', ratePerSec: 2_000 }]);
  });

  it('looks at seconds wholly within a step alone, and never at ramps', () => {
    const load: Load = {
      kind: 'open',
      phases: [
        { kind: 'ramp', fromPerSec: 0, toPerSec: 100, forUs: 500_000 },
        { kind: 'step', fromPerSec: 100, toPerSec: 200, byPerSec: 100, eachUs: sec(2) },
      ],
    };
    // The steps last from 0.5 s to 2.5 s and to 4.5 s: seconds 1 and 3 lie within, the others are mixed.
    const tally = new Tally();
    const stalls = { recovered: 50, stalledBySecond: { '0': 10, '2': 20, '4': 20 } };
    tally.add(frameOf(0, { stress: { ...fine(50), ...stalls } }));
    for (const [second, count] of [100, 150, 200, 200].entries()) {
      tally.add(frameOf(second + 1, { stress: fine(count) }));
    }
    expect(findKnee(armOf({ load }), tally.series('stress'))).toMatchObject([
      { confidence: 'none', ratePerSec: 200 },
    ]);
  });

  it('cannot be told from one step, and is not looked for in a load without steps', () => {
    expect(kneeOf([{ ratePerSec: 1_000 }])).toMatchObject([{ kind: 'knee', confidence: 'none' }]);
    expect(findKnee(armOf({ load: hold(10, 10) }), new Tally().series('stress'))).toEqual([]);
    const closed: Load = { kind: 'closed', concurrency: 1, attempts: 1 };
    expect(findKnee(armOf({ load: closed }), new Tally().series('stress'))).toEqual([]);
  });
});

describe('the age at which connections are cut', () => {
  const held = armOf({ holdUs: sec(600) });
  const established = (count: number) => summaryOf({ established: count });

  it('is not looked for where nothing is held', () => {
    expect(findCutAge(armOf(), established(10), histogramOf(5), sec(600))).toEqual([]);
  });

  it('is sure where many were cut at one age', () => {
    const ages = Array.from({ length: 20 }, (_, index) => sec(300) + index * 10_000);
    const [finding] = findCutAge(held, established(20), histogramOf(...ages), sec(620));
    expect(finding).toMatchObject({ kind: 'cut-age', arm: 'stress', confidence: 'high', count: 20 });
    expect((finding?.['ageSec'] as number) / 300).toBeCloseTo(1, 2);
    expect(finding?.text).toMatch(/^20 of 20 held connections were cut at an age of 300\.\d+ s/);
  });

  it('is less sure where few were cut, or at many ages, and least where both', () => {
    const confidence = (...ages: number[]) =>
      findCutAge(held, established(100), histogramOf(...ages.map(sec)), sec(620))[0]?.confidence;
    expect(confidence(300, 300, 301)).toBe('medium');
    expect(confidence(10, 20, 30, 40, 50, 60, 70, 80, 90, 100)).toBe('medium');
    expect(confidence(10, 500, 250)).toBe('low');
    expect(confidence(...Array.from({ length: 4 }, () => 300))).toBe('medium');
    expect(confidence(...Array.from({ length: 5 }, () => 300))).toBe('high');
  });

  it('is told to be absent where none was cut, and apart from that, where none was there to cut', () => {
    expect(findCutAge(held, established(5), undefined, sec(620))).toEqual([
      {
        kind: 'cut-age',
        arm: 'stress',
        confidence: 'none',
        count: 0,
        text: '5 connections were held for up to 600 s and none was cut; none was checked by keep-alives, so a silent cut would not show',
      },
    ]);
    expect(findCutAge(held, established(0), undefined, sec(620))).toMatchObject([
      { confidence: 'none', text: 'no connection was established, so none could be cut' },
    ]);
  });

  it('is told to be absent with the ages at which connections answered', () => {
    const proofs = [{ ageSec: 30, alive: 3, cuts: {} }];
    const textOf = (...more: ProofsAtAge[]) =>
      findCutAge(held, summaryOf({ established: 5, proofs: [...proofs, ...more] }), undefined, sec(620))[0]
        ?.text;
    expect(textOf()).toMatch(/none was cut; 3 answered a keep-alive after 30 s$/);
    expect(textOf({ ageSec: 600, alive: 2, cuts: {} })).toMatch(
      /; 5 answered a keep-alive after 30 to 600 s$/,
    );
  });

  it('says by which age connections had been cut that keep-alives found so, until when they lived, and that it was silent', () => {
    const summary = summaryOf({
      established: 60,
      cuts: { silence: 40 },
      proofs: [
        { ageSec: 1, alive: 10, cuts: {} },
        { ageSec: 30, alive: 10, cuts: {} },
        { ageSec: 60, alive: 0, cuts: { silence: 20 } },
        { ageSec: 600, alive: 0, cuts: { silence: 20 } },
      ],
    });
    expect(findCutAge(held, summary, undefined, sec(620))).toEqual([
      {
        ...{ kind: 'cut-age', arm: 'stress', confidence: 'high', count: 40, cuts: { silence: 40 } },
        ...{ foundAtSec: 60, aliveAtSec: 30 },
        text: '40 of 60 held connections proved to be cut silently when checked by keep-alives: 0 of 20 were alive after 60 s of silence, all 10 after 30 s',
      },
    ]);
  });

  it('tells cuts that were seen from those that were found, and how either came', () => {
    const summary = summaryOf({
      established: 30,
      cuts: { FIN: 12, silence: 9, RST: 3 },
      proofs: [{ ageSec: 600, alive: 6, cuts: { silence: 9, RST: 3 } }],
    });
    const ages = histogramOf(...Array.from({ length: 12 }, () => sec(300)));
    const [finding] = findCutAge(held, summary, ages, sec(620));
    expect(finding).toMatchObject({ confidence: 'high', count: 24, foundAtSec: 600 });
    expect(finding?.text).toMatch(
      /^12 of 30 held connections were cut by FIN at an age of 300\.\d+ s .*; 12 of 18 held connections proved to be cut \(9 silently, 3 by RST\) when checked by keep-alives: 6 of 18 were alive after 600 s of silence$/,
    );
  });

  it('is less sure of a few that were found, or where not nearly all of an age were', () => {
    const confidence = (...proofs: (readonly [ageSec: number, alive: number, silence: number])[]) =>
      findCutAge(
        held,
        summaryOf({
          established: 40,
          proofs: proofs.map(([ageSec, alive, silence]) => ({ ageSec, alive, cuts: { silence } })),
        }),
        undefined,
        sec(620),
      )[0]?.confidence;
    expect(confidence([600, 0, 9])).toBe('medium');
    expect(confidence([600, 10, 10])).toBe('medium');
    expect(confidence([60, 10, 1], [600, 9, 2])).toBe('low');
    expect(confidence([600, 1, 9], [60, 9, 0])).toBe('medium');
    expect(confidence([60, 10, 0], [600, 1, 19])).toBe('high');
  });

  it('claims no longer a hold than was watched', () => {
    const text = (watchedUs: number) => findCutAge(held, established(5), undefined, watchedUs)[0]?.text;
    expect(text(5_290_000)).toMatch(/^5 connections were held for up to 5\.2 s and none was cut;/);
    expect(text(sec(600))).toMatch(/up to 600 s/);
  });
});
