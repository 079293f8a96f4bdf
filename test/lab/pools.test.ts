import { beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { deviation, findingOf, measureIn } from './measure.ts';

/** How long the firewall keeps a port back, and each connection is held. */
const TIME_WAIT_SEC = 20;
const HOLD_SEC = 15;

suiteNeeding('port-exhaustion', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const pools = [500, 2_000] as const;
  const runs = new Map<number, Summary>();

  beforeAll(async () => {
    const measure = async (ports: number): Promise<void> => {
      runs.set(
        ports,
        await measureIn(
          `small-nat-pool:${ports},t=${TIME_WAIT_SEC}s`,
          'port-exhaustion',
          ...['--duration', '1m', '--rate', '200/s', '--set', `arms.fill.hold=${HOLD_SEC}s`],
          ...['--set', 'arms.other-port.target=tcp://{proxy2}'],
        ),
      );
    };
    await Promise.all(pools.map(measure));
  }, 200_000);

  it.each(pools)('counts a pool of %i ports to a fiftieth', (ports) => {
    const pool = findingOf(runs.get(ports)!, 'nat-pool');
    expect(deviation(pool['ports'], ports)).toBeLessThanOrEqual(0.02);
  });

  it.each(pools)('tells the rate that %i ports sustain to a tenth', (ports) => {
    const pool = findingOf(runs.get(ports)!, 'nat-pool');
    expect(deviation(pool['sustainablePerSec'], ports / TIME_WAIT_SEC)).toBeLessThanOrEqual(0.1);
  });

  it.each(pools)('leaves the arm to another port clean beside a pool of %i', (ports) => {
    const { started, stalled } = runs.get(ports)!.arms['other-port']!;
    expect(started).toBeGreaterThan(100);
    expect(stalled.count).toBe(0);
  });
});

suiteNeeding('table-capacity', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const LIMIT = 500;
  const answers = [
    ['drop', 'drops'],
    ['reset', 'refuses'],
  ] as const;
  const runs = new Map<string, Summary>();

  beforeAll(async () => {
    const measure = async (full: string): Promise<void> => {
      runs.set(
        full,
        await measureIn(
          `table-limit:${LIMIT},full=${full}`,
          'table-capacity',
          ...['--engine', 'raw', '--target', 'tcp://{far}:8080', '--rate', '150/s', '--duration', '8s'],
          ...['--set', 'arms.fill.hold=14s'],
        ),
      );
    };
    await Promise.all(answers.map(([full]) => measure(full)));
  }, 200_000);

  it.each(
    answers,
  )('counts the connections that fit to the last one, and says that what is full %ss more', (full, whenFull) => {
    const table = findingOf(runs.get(full)!, 'state-table');
    expect(table).toMatchObject({ connections: LIMIT, whenFull, confidence: 'high' });
    const found = runs.get(full)!.findings.filter(({ under }) => under === undefined);
    expect(found.map(({ kind }) => kind)).toEqual(['state-table']);
  });
});
