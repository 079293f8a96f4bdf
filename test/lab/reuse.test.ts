import { beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { OPENING_SEC } from '../../src/lab/nat.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict } from '../support/verdict.ts';
import { measureIn } from './measure.ts';

const RUNS_MS = 240_000;

/** Of nat-recycle: 400 connections a second from 1,000 ports; the ramp before them uses each port once. */
const RATE_PER_SEC = 400;
const PORTS = 1_000;
const ROUND_SEC = PORTS / RATE_PER_SEC;

/**
 * Whether TIME_WAIT refuses a SYN without timestamps is a toss of a coin (docs/lab.md). Linux keys the hash that decides
 * at boot: runs on one machine give one result until it is started anew.
 */
const REFUSED = 0.5;

/**
 * Who comes to a port while a frozen handshake has it gets another one. Linux sends the last SYN of a handshake of 10 s
 * after 7 s, with the linear timeouts of 6.5 and without, and each SYN starts the firewall's hold anew.
 */
const LAST_SYN_SEC = 7;
const MOVED_AWAY = Math.floor((LAST_SYN_SEC + OPENING_SEC) / ROUND_SEC);

/** Long enough for 20,000 attempts of the stress arm. */
const CLEAN_SEC = 52;
/** The controls of clean runs need less of a load than those beside stalls. */
const CLEAN = [
  ...['--duration', `${CLEAN_SEC}s`, '--set', 'arms.reset-control.load.1.hold.rate=20/s'],
  ...['--set', 'arms.slow-control.load.1.hold.rate=2/s'],
];
/** Fewer rounds than there are client addresses: each user of a port is another address, and the coin tossed anew. */
const STALLING_SEC = 20;

/** Mean and variance of how many of a port's next users freeze, `users` of them. */
function expectFrozen(users: number): { mean: number; variance: number } {
  if (users <= 0) return { mean: 0, variance: 0 };
  const next = expectFrozen(users - 1);
  const afterFreeze = expectFrozen(users - 1 - MOVED_AWAY);
  const gap = 1 + afterFreeze.mean - next.mean;
  return {
    mean: REFUSED * (1 + afterFreeze.mean) + (1 - REFUSED) * next.mean,
    variance:
      REFUSED * afterFreeze.variance + (1 - REFUSED) * next.variance + REFUSED * (1 - REFUSED) * gap ** 2,
  };
}

suiteNeeding('nat-recycle', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  let stalling: Summary;
  let healthy: Summary;
  let patient: Summary;

  beforeAll(async () => {
    // Side by side: two labs must not know of each other.
    [healthy, patient] = await Promise.all([
      measureIn('healthy', 'nat-recycle', ...CLEAN),
      measureIn('timewait-60s', 'nat-recycle', ...CLEAN),
    ]);
    stalling = await measureIn('timewait-1s', 'nat-recycle', '--duration', `${STALLING_SEC}s`);
  }, RUNS_MS);

  it('stalls behind timewait-1s as often as theory has it', () => {
    const { started, stalled } = stalling.arms['stress']!;
    const { mean, variance } = expectFrozen(STALLING_SEC / ROUND_SEC);
    expect(started).toBe(RATE_PER_SEC * STALLING_SEC);
    // Four standard errors: chance alone is outside them once in 16,000 runs.
    expect(Math.abs(stalled.count - PORTS * mean)).toBeLessThan(4 * Math.sqrt(PORTS * variance));
    expectVerdict(stalling, {
      ...{ 'stress.stalled.rate < 0.1%': false, 'reset-control.stalled.rate < 0.1%': true },
      ...{ 'slow-control.stalled.rate < 0.1%': true, '*.unsent == 0': 'if-all-sent' },
    });
  });

  it('leaves the arm that resets its connections clean, and the slow one', () => {
    const { 'reset-control': reset, 'slow-control': slow } = stalling.arms;
    expect(reset).toMatchObject({ scheduled: 100 * STALLING_SEC, stalled: { count: 0 } });
    expect(slow).toMatchObject({ scheduled: 10 * STALLING_SEC, stalled: { count: 0 } });
  });

  it.each([
    ['healthy', () => healthy],
    ['timewait-60s with ports enough', () => patient],
  ])('%s: 0 stalls in more than 20,000 attempts', (_name, summary) => {
    const { stress } = summary().arms;
    expect(stress!.started).toBeGreaterThanOrEqual(20_000);
    for (const arm of Object.values(summary().arms)) expect(arm.stalled.count).toBe(0);
    expectVerdict(summary(), {
      ...{ 'stress.stalled.rate < 0.1%': true, 'reset-control.stalled.rate < 0.1%': true },
      ...{ 'slow-control.stalled.rate < 0.1%': true, '*.unsent == 0': 'if-all-sent' },
    });
  });
});
