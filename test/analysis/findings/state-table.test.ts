import { describe, expect, it } from 'vitest';
import type { FoundAt } from '../../../src/analysis/findings/finder.ts';
import { summarise } from '../../../src/analysis/summarise.ts';
import { Tally } from '../../../src/analysis/tally.ts';
import type { Finding } from '../../../src/analysis/types.ts';
import { emptyCounts } from '../../../src/metrics/counts.ts';
import type { Histogram } from '../../../src/metrics/histogram.ts';
import type { Frame, SeriesCounts } from '../../../src/metrics/types.ts';
import type { Load } from '../../../src/scenario/load-types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, histogramOf, scenarioOf, sec } from '../parts.ts';

const HOLD_SEC = 20;

/** 100/s, 200/s and 300/s for three seconds each, then 10/s for two. */
const STEPS: Load = {
  kind: 'open',
  phases: [
    { kind: 'step', fromPerSec: 100, toPerSec: 300, byPerSec: 100, eachUs: sec(3) },
    { kind: 'hold', ratePerSec: 10, forUs: sec(2) },
  ],
};
const RATES = [100, 100, 100, 200, 200, 200, 300, 300, 300, 10, 10];

const FILL = armOf({
  ...{ name: 'fill', via: 'tcp', close: 'reset', holdUs: sec(HOLD_SEC) },
  ...{ handshakeTimeoutUs: sec(4), load: STEPS },
});

type Fate = 'alive' | 'silent' | 'refused' | 'silently-cut' | 'reset-at-once' | 'reset-later' | 'recovered';

/** What became of each start, in order; `index` counts them. */
function play(
  fateOf: (index: number, second: number) => Fate,
  isTogether = false,
): { tally: Tally; cutAges?: Histogram } {
  const frames = new Map<number, SeriesCounts>();
  const at = (second: number): SeriesCounts => {
    if (!frames.has(second)) frames.set(second, { ...emptyCounts(), firstBegunUs: 1_000 });
    return frames.get(second)!;
  };
  const ages: number[] = [];
  const end = (second: number, outcome: keyof SeriesCounts['outcomes']): void => {
    const { outcomes } = at(second);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const prove = (second: number, ageSec: number, cut?: 'silence'): void => {
    const proofs = at(second).byProofAge;
    const proof = proofs[ageSec * 1_000] ?? { alive: 0, cuts: {} };
    proofs[ageSec * 1_000] = proof;
    if (cut === undefined) proof.alive += 1;
    else proof.cuts[cut] = (proof.cuts[cut] ?? 0) + 1;
  };
  const cut = (second: number, how: 'RST' | 'silence'): void => {
    const { cuts } = at(second);
    cuts[how] = (cuts[how] ?? 0) + 1;
    end(second, 'held-cut');
  };
  const live = (second: number, ageSec: number): void => {
    prove(second, ageSec);
    end(second, 'ok');
    at(second).completed += 1;
  };
  let index = 0;
  RATES.forEach((rate, second) => {
    for (let nth = 0; nth < rate; nth += 1, index += 1) {
      const counts = at(second);
      counts.scheduled += 1;
      counts.started += 1;
      const fate = fateOf(index, second);
      if (fate === 'silent' || fate === 'recovered')
        counts.stalledBySecond[second] = (counts.stalledBySecond[second] ?? 0) + 1;
      if (fate === 'silent') {
        at(second + 4).frozen += 1;
        end(second + 4, 'handshake-timeout');
        continue;
      }
      if (fate === 'refused') {
        end(second, 'handshake-refused');
        continue;
      }
      const established = fate === 'recovered' ? second + 1 : second;
      if (fate === 'recovered') at(established).recovered += 1;
      at(established).established += 1;
      const ageSec = isTogether ? HOLD_SEC - established : HOLD_SEC;
      const asked = established + ageSec;
      if (fate === 'alive' || fate === 'recovered') live(asked, ageSec);
      else if (fate === 'silently-cut') {
        prove(asked + 3, ageSec, 'silence');
        cut(asked + 3, 'silence');
      } else {
        const age = fate === 'reset-at-once' ? 0 : 2;
        ages.push(sec(age) + 1_000);
        cut(established + age, 'RST');
      }
    }
  });
  const tally = new Tally();
  for (const [second, counts] of [...frames].sort(([a], [b]) => a - b)) {
    const frame: Frame = { second, series: { fill: counts }, open: 0, stallsLeftOut: 0 };
    tally.add(frame);
  }
  return { tally, ...(ages.length === 0 ? {} : { cutAges: histogramOf(...ages) }) };
}

/** All that a run of this arm would find. */
function findIn(fateOf: (index: number, second: number) => Fate, arm: Arm = FILL): Finding[] {
  const { tally, cutAges } = play(fateOf, arm.holdsTogether);
  return summarise({
    run: {
      ...{ id: 'x', scenario: 'test', label: '', startedAt: '2025-01-31T06:00:00.000Z' },
      ...{ endedAt: '2025-01-31T06:01:00.000Z', status: 'complete', engine: 'packet' },
      stallsByTcpInfo: true,
    },
    scenario: scenarioOf({ arms: [arm], findings: ['state-table'] }),
    tally,
    histograms: new Map(cutAges === undefined ? [] : [['fill.cutAge', cutAges]]),
    // What only repeats it stands under it.
  }).findings.filter(({ under }) => under === undefined);
}

describe('a table that is full', () => {
  it('drops: as many fit as were alive in the end, and the rate is that of the last whole level before', () => {
    // Full in second 5; silence from then on explains the onset as well.
    expect(findIn((index) => (index < 750 ? 'alive' : 'silent'))).toEqual([
      {
        ...{ kind: 'state-table', arm: 'fill', confidence: 'high' },
        ...{ connections: 750, whenFull: 'drops', establishedPerSec: 200 },
        ...{ from: '2025-01-31T06:00:00.000Z', to: '2025-01-31T06:00:06.000Z' },
        text: '06:00:00 to 06:00:06 UTC: 750 connections were open at once and alive when checked; of 1,120 started from then on, 1,070 met silence and 0 were refused; established without loss up to 200/s',
      },
    ]);
  });

  it('refuses: an RST or an ICMP error for each that is one too many', () => {
    expect(findIn((index) => (index < 777 ? 'alive' : 'refused'))).toMatchObject([
      { kind: 'state-table', confidence: 'high', connections: 777, whenFull: 'refuses' },
    ]);
  });

  it('refuses also where it lets a handshake through and cuts the connection at once', () => {
    const [finding] = findIn((index) => (index < 900 ? 'alive' : 'reset-at-once'));
    expect(finding).toMatchObject({ connections: 900, whenFull: 'refuses', confidence: 'medium' });
  });

  it.each(['silently-cut', 'reset-later'] as const)('evicts the oldest, which are found %s', (fate) => {
    expect(findIn((index) => (index < 1_820 - 750 ? fate : 'alive'))).toMatchObject([
      { kind: 'state-table', confidence: 'high', connections: 750, whenFull: 'evicts-oldest' },
    ]);
  });

  it('evicts old and new alike', () => {
    expect(findIn((index) => (index % 2 === 0 ? 'silently-cut' : 'alive'))).toMatchObject([
      { connections: 910, whenFull: 'evicts' },
    ]);
  });

  it.each([
    ['evicts-oldest', (index: number) => index >= 1_820 - 750],
    ['evicts', (index: number) => index % 2 === 0],
  ] as const)('%s where all were asked at the same moment, each at an age of its own', (whenFull, isAlive) => {
    const together = armOf({ ...FILL, holdsTogether: true });
    const [finding] = findIn((index) => (isAlive(index) ? 'alive' : 'silently-cut'), together);
    expect(finding).toMatchObject({ whenFull, confidence: 'high' });
  });

  it('tells those apart that got in but lived not, and trusts the count less', () => {
    const fate = (index: number): Fate => (index < 740 ? 'alive' : index < 750 ? 'silently-cut' : 'silent');
    expect(findIn(fate)).toMatchObject([{ connections: 740, whenFull: 'drops', confidence: 'medium' }]);
  });
});

describe('its sentence', () => {
  it.each<Fate>([
    'silent',
    'refused',
    'reset-at-once',
    'silently-cut',
    'alive',
  ])('names nobody as the cause: %s', (beyond) => {
    for (const fates of [
      (index: number): Fate => (index < 800 ? 'alive' : beyond),
      (index: number): Fate => (index < 800 ? beyond : 'alive'),
    ])
      for (const { text } of findIn(fates))
        expect(text).not.toMatch(/firewall|table|NAT|proxy|cause|server/i);
  });
});

describe('a table that is not full', () => {
  it('has no limit up to what was tried', () => {
    expect(findIn(() => 'alive')).toMatchObject([
      {
        ...{ kind: 'state-table', confidence: 'none', connections: 1_820, whenFull: 'not-reached' },
        establishedPerSec: 300,
      },
    ]);
  });

  it('is none where a rate is limited: what comes slowly in the end gets in', () => {
    const limited = findIn((index, second) =>
      (second === 6 || second === 7 || second === 8) && index % 3 > 0 ? 'silent' : 'alive',
    );
    expect(limited.find(({ kind }) => kind === 'state-table')).toMatchObject({
      ...{ whenFull: 'not-reached', establishedPerSec: 200 },
      text: expect.stringContaining('600 handshakes failed'),
    });
  });

  it('is none where retransmitted SYNs get in', () => {
    const slow = findIn((_, second) => (second >= 6 ? 'recovered' : 'alive'));
    expect(slow.find(({ kind }) => kind === 'state-table')).toMatchObject({ whenFull: 'not-reached' });
  });
});

describe('what shows no table', () => {
  it.each<[string, Arm, (index: number) => Fate]>([
    ['only bare connections', armOf({ ...FILL, holdUs: 0 }), () => 'alive'],
    ['hold them at least as long as the load', armOf({ ...FILL, holdUs: sec(14) }), () => 'alive'],
    ['no connection was established', FILL, () => 'silent'],
    ['had been cut by the end', FILL, () => 'silently-cut'],
  ])('is said: %s', (text, arm, fate) => {
    const [finding] = findIn(fate, arm).filter(({ kind }) => kind === 'state-table') as FoundAt[];
    expect(finding).toMatchObject({ confidence: 'none', text: expect.stringContaining(text) });
    expect(finding).not.toHaveProperty('connections');
  });
});
