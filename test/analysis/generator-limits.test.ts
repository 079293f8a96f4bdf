import { describe, expect, it } from 'vitest';
import { findGeneratorLimits } from '../../src/analysis/generator-limits.ts';
import type { ArmSummary } from '../../src/analysis/types.ts';
import type { GeneratorFaults } from '../../src/metrics/types.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import { NOTHING, quantiles } from '../render/fixtures.ts';
import { armOf, hold, sec, summaryOf } from './parts.ts';

const CLOSED: Load = { kind: 'closed', concurrency: 10, forUs: sec(10) };

type Arms = Parameters<typeof findGeneratorLimits>[0];

const reasonsOf = (arms: Arms, latenessUs = NOTHING, faults: GeneratorFaults = {}) =>
  findGeneratorLimits(arms, { latenessUs, seconds: 10, ...faults }).map(({ reason }) => reason);

const limitsOf = (
  figures: Partial<ArmSummary>,
  load = hold(100, 10),
  latenessUs = NOTHING,
  faults: GeneratorFaults = {},
) => reasonsOf([{ arm: armOf({ load }), summary: summaryOf(figures as object) }], latenessUs, faults);

describe('whether this machine was the bottleneck', () => {
  it('is not so where all was started, in time', () => {
    expect(limitsOf({ scheduled: 1_000, started: 1_000, unsent: 0, outcomes: { ok: 1_000 } })).toEqual([]);
  });

  it('is so where more than 1 % was unsent', () => {
    const unsent = (count: number) =>
      limitsOf({
        scheduled: 1_000,
        started: 1_000 - count,
        unsent: count,
        outcomes: { ok: 1_000 - count, 'unsent-late': 2, 'local-port-exhausted': count - 2 },
      });
    expect(unsent(10)).toEqual([]);
    expect(unsent(11)).toEqual([
      'stress: 11 of 1,000 attempts were unsent (local-port-exhausted 9, unsent-late 2)',
    ]);
  });

  it.each([
    'local-port-exhausted',
    'local-failure',
  ] as const)('is not so where one of many attempts met %s, but where two did, or one of a handful', (outcome) => {
    const met = (count: number, scheduled: number) => {
      const unsent = outcome === 'local-port-exhausted' ? count : 0;
      const outcomes = { ok: scheduled - count, [outcome]: count };
      return limitsOf({ scheduled, started: scheduled - unsent, unsent, outcomes });
    };
    expect(met(1, 52)).toEqual([]);
    expect(met(2, 52)).toHaveLength(1);
    expect(met(1, 9)).toHaveLength(1);
  });

  it('is so where more than 1 % of what was started failed on this machine', () => {
    const local = (count: number) =>
      limitsOf({ scheduled: 500, started: 500, outcomes: { ok: 500 - count, 'local-failure': count } });
    expect(local(5)).toEqual([]);
    expect(local(6)).toEqual(['stress: 6 of 500 attempts failed on this machine (local-failure 6)']);
  });

  it('is not so for what was abandoned as the run ended', () => {
    expect(limitsOf({ started: 100, scheduled: 100, outcomes: { ok: 50, abandoned: 50 } })).toEqual([]);
    const both = { ok: 40, abandoned: 50, 'local-failure': 10 };
    expect(limitsOf({ started: 100, scheduled: 100, outcomes: both })).toEqual([
      'stress: 10 of 100 attempts failed on this machine (local-failure 10)',
    ]);
  });

  it('is so where an open loop started late, by a p99 above 100 ms', () => {
    const late = (p99: number, load: Load) => limitsOf({}, load, { ...quantiles(1_000), p99 });
    expect(late(100_000, hold(100, 10))).toEqual([]);
    expect(late(100_001, hold(100, 10))).toEqual(['starts were late: p99 100 ms, and the limit is 100 ms']);
    expect(late(250_000, hold(100, 10))).toEqual(['starts were late: p99 250 ms, and the limit is 100 ms']);
    expect(late(250_000, CLOSED)).toEqual([]);
  });

  it('is so where a worker did not run at all in more than 1 % of the seconds, whatever the load', () => {
    const starved = (starvedSec: number, seconds: number) =>
      findGeneratorLimits([{ arm: armOf({ load: CLOSED }), summary: summaryOf({}) }], {
        ...{ latenessUs: NOTHING, seconds, starvedSec },
      });
    expect(starved(1, 100)).toEqual([]);
    expect(starved(2, 100)).toEqual([
      { causes: ['starved'], reason: expect.stringMatching(/^in 2 of 100 s, a worker did not run at all/) },
    ]);
    expect(starved(1, 20)).toHaveLength(1);
  });

  it('names what limited it: outcomes by their frequency, lateness, drops', () => {
    const summary = summaryOf({
      ...{ scheduled: 100, started: 90, unsent: 10 },
      outcomes: { ok: 80, 'unsent-late': 2, 'unsent-no-port': 8, 'local-failure': 5, abandoned: 5 },
    });
    const limits = findGeneratorLimits([{ arm: armOf(), summary }], {
      ...{ latenessUs: { ...quantiles(1_000), p99: 200_000 }, seconds: 10 },
    });
    expect(limits.map(({ causes }) => causes)).toEqual([
      ['unsent-no-port', 'unsent-late'],
      ['local-failure'],
      ['lateness'],
    ]);
  });

  it('is so where it dropped SYNs itself, in so far as stalls may be its own', () => {
    const stalled = { count: 50, rate: 0.1, ci95: [0, 1], recovered: 50, frozen: 0 };
    const dropped = (localDrops: number, resent = 100, requestsResent = 0) =>
      reasonsOf(
        [
          {
            arm: armOf(),
            summary: summaryOf({
              ...{ scheduled: 500, started: 500, outcomes: { ok: 500 }, stalled },
              synRetransmits: { 0: 500 - resent / 2, 2: resent / 2 },
              requestRetransmits: { 0: 500, 3: requestsResent / 3 },
            } as object),
          },
        ],
        NOTHING,
        { localDrops },
      );
    expect(dropped(0)).toEqual([]);
    // One may be another program's; one SYN in a hundred lost here makes 5 of 50 stalls.
    expect(dropped(1)).toEqual([]);
    expect(dropped(2)).toEqual([expect.stringMatching(/^local-drop: this machine itself dropped 2 of/)]);
    expect(dropped(2, 400)).toEqual([]);
    expect(dropped(100)).toHaveLength(1);
    // What was dropped may have been a request: these are counted with the SYNs.
    expect(dropped(2, 100, 300)).toEqual([]);
  });

  it('is so where its own conntrack table was full, in so far as stalls may be its own', () => {
    const stalled = { count: 50, rate: 0.1, ci95: [0, 1], recovered: 50, frozen: 0 };
    const summary = summaryOf({ scheduled: 500, started: 500, outcomes: { ok: 500 }, stalled } as object);
    const dropped = (conntrackDrops: number) =>
      reasonsOf([{ arm: armOf(), summary }], NOTHING, { conntrackDrops });
    expect(dropped(5)).toEqual([]);
    expect(dropped(6)).toEqual([
      expect.stringMatching(/^local-drop: this machine itself dropped 6 packets because its conntrack table/),
    ]);
    const none = summaryOf({ scheduled: 500, started: 500, outcomes: { ok: 500 } } as object);
    expect(reasonsOf([{ arm: armOf(), summary: none }], NOTHING, { conntrackDrops: 99 })).toEqual([]);
  });

  it.each([
    { ringDrops: 6 },
    { sendDrops: 6 },
  ])('is so where the packet engine lost packets, in so far as stalls may be its own: %o', (drops) => {
    const stalled = { count: 50, rate: 0.1, ci95: [0, 1], recovered: 50, frozen: 0 };
    const summary = summaryOf({ scheduled: 500, started: 500, outcomes: { ok: 500 }, stalled } as object);
    const limits = (dropped: object) => reasonsOf([{ arm: armOf(), summary }], NOTHING, dropped);
    expect(limits(drops)).toEqual([expect.stringMatching(/^local-drop: this machine itself lost /)]);
    expect(limits({ ringDrops: 3, sendDrops: 3 })).toEqual([]);
    const none = summaryOf({ scheduled: 500, started: 500, outcomes: { ok: 500 } } as object);
    expect(reasonsOf([{ arm: armOf(), summary: none }], NOTHING, drops)).toEqual([]);
  });

  it('is so where the packet engine’s link was lost for a while, if anything stalled', () => {
    const stalled = { count: 1, rate: 0.1, ci95: [0, 1], recovered: 1, frozen: 0 };
    const summary = (own: object) =>
      summaryOf({ scheduled: 500, started: 500, outcomes: { ok: 500 }, ...own } as object);
    const limits = (own: object) =>
      reasonsOf([{ arm: armOf(), summary: summary(own) }], NOTHING, { linkLossSec: 2 });
    expect(limits({ stalled })).toEqual([expect.stringMatching(/^local-drop: in 2 s, the outgoing link /)]);
    expect(limits({})).toEqual([]);
  });

  it('says so of each arm, unsent attempts of a closed loop too', () => {
    const summary = summaryOf({
      scheduled: 10,
      started: 5,
      unsent: 5,
      outcomes: { 'local-fd-exhausted': 5 },
    });
    const arms = ['a', 'b'].map((name) => ({ arm: armOf({ name, load: CLOSED }), summary }));
    expect(reasonsOf(arms)).toEqual([
      'a: 5 of 10 attempts were unsent (local-fd-exhausted 5)',
      'b: 5 of 10 attempts were unsent (local-fd-exhausted 5)',
    ]);
  });

  it('is not so where nothing was scheduled at all', () => {
    expect(limitsOf({ scheduled: 0, started: 0, unsent: 0, outcomes: {} })).toEqual([]);
  });
});
