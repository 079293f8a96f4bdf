import { describe, expect, it } from 'vitest';
import { emptyCounts } from '../../../src/metrics/counts.ts';
import type { Frame, SeriesCounts, TokenCounts } from '../../../src/metrics/types.ts';
import { type FrameChange, FramesWatch } from '../../../src/session/host/frames-watch.ts';

type Second = Partial<Pick<SeriesCounts, 'scheduled' | 'outcomes'>> & {
  tokens?: Record<string, TokenCounts>;
};

const frameOf = (second: number, { scheduled = 200, outcomes = {}, tokens }: Second): Frame => ({
  second,
  series: {
    stress: { ...emptyCounts(), scheduled: scheduled / 2, outcomes },
    control: { ...emptyCounts(), scheduled: scheduled / 2, outcomes: { ok: scheduled / 2 } },
  },
  open: 0,
  stallsLeftOut: 0,
  ...(tokens === undefined ? {} : { tokens }),
});

const tell = (seconds: readonly Second[]): FrameChange[] => {
  const watch = new FramesWatch();
  return seconds.flatMap((second, index) => watch.check(frameOf(100 + index, second)));
};

const clean = (count: number): Second[] => new Array<Second>(count).fill({});

describe('what seconds tell of this machine', () => {
  it('nothing where the far end alone was at fault', () => {
    expect(tell([{ outcomes: { 'handshake-timeout': 100, 'auth-denied': 5, abandoned: 100 } }])).toEqual([]);
  });

  it('credentials that were missing, until five seconds had gone by without that', () => {
    const missing: Second = { outcomes: { 'unsent-no-credentials': 1, 'local-no-credentials': 2 } };
    expect(tell([{}, missing, missing, ...clean(4), missing, ...clean(5), {}])).toEqual([
      {
        ...{ what: 'began', kind: 'credentials', fromSec: 101 },
        text: 'credentials were missing: local-no-credentials 2, unsent-no-credentials 1 within a second',
      },
      { what: 'ended', kind: 'credentials', toSec: 108 },
    ]);
  });

  it('tokens that could not be made', () => {
    const tokens = { stress: { minted: 3, discarded: 0, failures: { 'ticket-expired': 7 } } };
    expect(tell([{ tokens }])).toEqual([
      {
        ...{ what: 'began', kind: 'credentials', fromSec: 100 },
        text: 'credentials were missing: tokens not made (ticket-expired) 7 within a second',
      },
    ]);
    expect(tell([{ tokens: { stress: { minted: 3, discarded: 9, failures: {} } } }])).toEqual([]);
  });

  it('a limit of this machine, above a hundredth of what was scheduled', () => {
    const upTo = { outcomes: { 'local-fd-exhausted': 1, 'unsent-no-port': 1 } } as const;
    const above = { outcomes: { 'local-fd-exhausted': 1, 'unsent-no-port': 2 } } as const;
    expect(tell([upTo, upTo])).toEqual([]);
    expect(tell([upTo, above, ...clean(9)])).toEqual([
      {
        ...{ what: 'began', kind: 'local-limit', fromSec: 101 },
        text: 'this machine could not carry the load: unsent-no-port 2, local-fd-exhausted 1 within a second',
      },
      { what: 'ended', kind: 'local-limit', toSec: 102 },
    ]);
  });

  it('a limit in a second in which nothing was scheduled', () => {
    expect(tell([{ scheduled: 0, outcomes: { 'local-failure': 1 } }])).toMatchObject([{ what: 'began' }]);
  });
});
