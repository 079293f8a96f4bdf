import { describe, expect, it } from 'vitest';
import { type ArmResult, findNatPool } from '../../../src/analysis/findings/nat-pool.ts';
import { emptySecond, type SecondCounts } from '../../../src/analysis/tally.ts';
import { emptyCounts } from '../../../src/metrics/counts.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, hold, sec, summaryOf } from '../parts.ts';

interface Nat {
  readonly ports: number;
  readonly timeWaitSec: number;
  /** Ports that come back earlier, as if an RST had followed the FIN, and how much. */
  readonly early?: { readonly from: number; readonly to: number; readonly bySec: number };
}

interface Load {
  readonly holdSec: number;
  readonly perSec: number;
  readonly forSec: number;
}

function isEarly({ early }: Nat, port: number): boolean {
  return early !== undefined && port >= early.from && port < early.to;
}

/** Connections opened at a steady rate and held, each port back so long after its connection was closed. */
function fill(nat: Nat, { holdSec, perSec, forSec }: Load, how: Partial<Arm> = {}): ArmResult {
  const bySecond = new Map<number, SecondCounts>();
  const freeAt: number[] = new Array<number>(nat.ports).fill(0);
  let established = 0;
  for (let attempt = 0; attempt < perSec * forSec; attempt += 1) {
    const atSec = attempt / perSec;
    const counts = bySecond.get(Math.floor(atSec)) ?? emptySecond();
    bySecond.set(Math.floor(atSec), counts);
    counts.started += 1;
    const port = freeAt.findIndex((at) => at <= atSec);
    if (port < 0) {
      counts.stalled += 1;
      continue;
    }
    const earlySec = isEarly(nat, port) ? nat.early!.bySec : 0;
    freeAt[port] = atSec + holdSec + nat.timeWaitSec - earlySec;
    counts.established += 1;
    established += 1;
  }
  const started = perSec * forSec;
  const frozen = started - established;
  const stalled = { count: frozen, frozen, rate: frozen / started };
  return {
    arm: armOf({ name: 'fill', close: 'fin', holdUs: sec(holdSec), load: hold(perSec, forSec), ...how }),
    summary: summaryOf({
      started,
      established,
      stalled,
      outcomes: { ok: established, 'handshake-timeout': frozen },
    }),
    series: { counts: { ...emptyCounts(), firstBegunUs: 0 }, bySecond },
  };
}

function otherPort(stalled: number): ArmResult {
  const target = { scheme: 'tcp', host: '10.0.0.1', port: 3_129, path: '' } as const;
  return {
    arm: armOf({ name: 'other-port', target }),
    summary: summaryOf({
      started: 300,
      stalled: { count: stalled, frozen: stalled, rate: stalled / 300 },
      outcomes: { ok: 300 - stalled },
    }),
    series: { counts: emptyCounts(), bySecond: new Map() },
  };
}

const poolOf = (filling: ArmResult, ...others: ArmResult[]) => findNatPool([filling, ...others]);

describe('the pool of a NAT', () => {
  it('is not back when some ports come back early and are used up again', () => {
    const nat = { ports: 500, timeWaitSec: 20, early: { from: 50, to: 120, bySec: 10 } };
    const [pool] = poolOf(fill(nat, { holdSec: 15, perSec: 100, forSec: 60 }), otherPort(0));
    expect(pool).toMatchObject({ confidence: 'high', releaseLowSec: 20, releaseHighSec: 21 });
  });

  it.each([
    [
      { ports: 500, timeWaitSec: 20 },
      { holdSec: 15, perSec: 100, forSec: 60 },
    ],
    [
      { ports: 500, timeWaitSec: 7.3 },
      { holdSec: 10, perSec: 200, forSec: 40 },
    ],
    [
      { ports: 200, timeWaitSec: 120 },
      { holdSec: 60, perSec: 20, forSec: 200 },
    ],
    // Full only once the first are closed already: ports in TIME_WAIT are taken, too.
    [
      { ports: 500, timeWaitSec: 20 },
      { holdSec: 5, perSec: 30, forSec: 60 },
    ],
  ])('%o is found with %o: its ports within 2 %%, the rate ports / TIME_WAIT within 10 %%', (nat, load) => {
    const [found] = poolOf(fill(nat, load), otherPort(0));
    expect(found).toMatchObject({ kind: 'nat-pool', arm: 'fill', confidence: 'high' });
    expect(Math.abs((found?.['ports'] as number) / nat.ports - 1)).toBeLessThan(0.02);
    expect(
      Math.abs(((found?.['sustainablePerSec'] as number) * nat.timeWaitSec) / nat.ports - 1),
    ).toBeLessThan(0.1);
    expect(found?.['releaseLowSec']).toBeLessThanOrEqual(nat.timeWaitSec + 0.1);
    expect(found?.['releaseHighSec']).toBeGreaterThanOrEqual(nat.timeWaitSec - 0.1);
  });

  it('is counted without a rate where the load ended before a port came back, and says so', () => {
    const early = poolOf(
      fill({ ports: 500, timeWaitSec: 120 }, { holdSec: 15, perSec: 100, forSec: 60 }),
      otherPort(0),
    );
    expect(early).toMatchObject([{ confidence: 'high', ports: 500 }]);
    expect(early[0]).not.toHaveProperty('sustainablePerSec');
    expect(early[0]?.text).toContain('None succeeded again within 45 s of the first close');
    const held = poolOf(
      fill({ ports: 500, timeWaitSec: 1 }, { holdSec: 60, perSec: 100, forSec: 20 }),
      otherPort(0),
    );
    expect(held[0]).toMatchObject({ ports: 500 });
    expect(held[0]?.text).toContain('The load ended before the first of them was closed');
  });

  it('takes no handful that another user or another timer let go for ports that come back, nor for more ports', () => {
    const filling = fill({ ports: 500, timeWaitSec: 20 }, { holdSec: 15, perSec: 100, forSec: 60 });
    for (const [second, few] of [
      [17, 5],
      [25, 16],
      [26, 8],
    ] as const) {
      (filling.series.bySecond.get(second) as SecondCounts).established += few;
    }
    expect(poolOf(filling, otherPort(0))).toMatchObject([{ ports: 500, releaseSec: 20.5 }]);
  });

  it('takes no burst of loss while it fills for its end', () => {
    const filling = fill({ ports: 5_000, timeWaitSec: 20 }, { holdSec: 15, perSec: 100, forSec: 30 });
    const lossy = filling.series.bySecond.get(3) as SecondCounts;
    lossy.stalled = 80;
    lossy.established = 20;
    filling.summary.stalled = { ...filling.summary.stalled, count: 80, frozen: 80 };
    const [found] = poolOf(filling, otherPort(0));
    expect(found).toMatchObject({ confidence: 'none' });
    expect(found?.text).toContain('80 handshakes failed sporadically, but there is no limit');
  });

  it('is not given for a pool that had enough: so many were open at once', () => {
    const [found] = poolOf(
      fill({ ports: 5_000, timeWaitSec: 2 }, { holdSec: 10, perSec: 50, forSec: 30 }),
      otherPort(0),
    );
    expect(found).toEqual({
      kind: 'nat-pool',
      arm: 'fill',
      confidence: 'none',
      text: 'no limit up to 500 connections open at once',
    });
  });

  it('is less sure where another port failed as well, and without one', () => {
    const filling = fill({ ports: 500, timeWaitSec: 20 }, { holdSec: 15, perSec: 100, forSec: 60 });
    const both = poolOf(filling, otherPort(150))[0];
    expect(both).toMatchObject({ confidence: 'medium', ports: 500 });
    expect(both?.text).toContain('to another port (other-port), 150 of 300 failed or stalled');
    expect(poolOf(filling)[0]).toMatchObject({ confidence: 'medium' });
  });

  it('calls the wait after an RST by its name: it is another timer', () => {
    const filling = fill(
      { ports: 500, timeWaitSec: 10 },
      { holdSec: 15, perSec: 100, forSec: 60 },
      { close: 'reset' },
    );
    expect(poolOf(filling, otherPort(0))[0]?.text).toContain('after the first RST');
  });

  it('is not looked for where nothing is held', () => {
    expect(findNatPool([otherPort(100)])).toEqual([]);
  });
});
