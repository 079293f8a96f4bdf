import { describe, expect, it } from 'vitest';
import type { Load } from '../../../src/scenario/load-types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { chooseWorkers, type WorkerNeed } from '../../../src/session/load/worker-count.ts';
import { armOf } from '../../analysis/parts.ts';

const at = (ratePerSec: number, changes: Partial<Arm> = {}): Arm =>
  armOf({ load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs: 60_000_000 }] }, ...changes });
const tls = { insecure: false, minVersion: '1.2', resumption: false } as const;
const portsTo = (to: number): Partial<Arm> => ({
  source: {
    addresses: [],
    ports: { range: { from: 20_001, to }, order: 'sequential', reuseAfterUs: 0 },
  },
});
const browsers = (count: number, changes: Partial<Extract<Load, { kind: 'browsers' }>> = {}): Arm =>
  armOf({
    load: {
      kind: 'browsers',
      profile: 'chromium',
      browsers: count,
      rampUs: 0,
      forUs: 1,
      connections: 6,
      thinkUs: 9_000_000,
      idleUs: 60_000_000,
      page: { objects: 40, paths: [], hosts: [] },
      ...changes,
    },
  });

const LAPTOP = { cores: 2, platform: 'linux', arch: 'x64', engine: 'raw' } as const;
const PI = { cores: 4, platform: 'linux', arch: 'arm64', engine: 'raw' } as const;
const SERVER = { cores: 32, platform: 'linux', arch: 'x64', engine: 'raw' } as const;

const TABLE: readonly (readonly [string, Omit<WorkerNeed, 'arms'>, readonly Arm[], number])[] = [
  ['nothing to speak of', SERVER, [at(1)], 1],
  ['500/s on a laptop', LAPTOP, [at(500)], 1],
  ['500/s on a Pi', PI, [at(500)], 1],
  ['5,000/s on a laptop: one worker carries that', LAPTOP, [at(5_000)], 1],
  ['10,000/s on a laptop', LAPTOP, [at(10_000)], 2],
  ['5,000/s on a Pi, whose cores are slower', PI, [at(5_000)], 3],
  ['two arms of 5,000/s, which share the workers', SERVER, [at(5_000), at(5_000)], 2],
  ['50,000/s on a laptop, which has no more cores', LAPTOP, [at(50_000)], 2],
  ['50,000/s on a Pi, where one core is left', PI, [at(50_000)], 3],
  ['50,000/s on three cores', { ...LAPTOP, cores: 3 }, [at(50_000)], 2],
  ['50,000/s on one core', { ...LAPTOP, cores: 1 }, [at(50_000)], 1],
  ['200,000/s on a big machine: more have not been tried', SERVER, [at(200_000)], 8],
  ['500/s by TLS on a laptop', { ...LAPTOP, engine: 'portable' }, [at(500, { via: 'direct', tls })], 2],
  ['200/s by TLS on a laptop', { ...LAPTOP, engine: 'portable' }, [at(200, { via: 'direct', tls })], 1],
  ['200/s by TLS on a Pi', { ...PI, engine: 'portable' }, [at(200, { via: 'direct', tls })], 3],
  [
    '4,000/s on a Mac, without the raw engine',
    { ...SERVER, cores: 8, platform: 'darwin', arch: 'arm64', engine: 'portable' },
    [at(4_000)],
    6,
  ],
  [
    'a closed loop, which goes as fast as it is let',
    SERVER,
    [armOf({ load: { kind: 'closed', concurrency: 5_000, attempts: 1e6 } })],
    1,
  ],
  ['a sweep', SERVER, [armOf({ load: { kind: 'sweep', delaysUs: [1], pairs: 10, ratePerSec: 100 } })], 1],
  ['a class of browsers on a Pi', { ...PI, engine: 'portable' }, [browsers(30)], 1],
  ['a school of browsers on a big machine', { ...SERVER, engine: 'portable' }, [browsers(2_000)], 3],
  [
    'a school whose browsers connect anew with each page',
    { ...SERVER, engine: 'portable' },
    [browsers(2_000, { idleUs: 1_000_000 })],
    5,
  ],
  ['20,000/s from 100 ports, too few to share', SERVER, [at(20_000, portsTo(20_100))], 1],
  ['20,000/s from 130 ports', SERVER, [at(20_000, portsTo(20_130))], 2],
  ['20,000/s from 1,000 ports', SERVER, [at(20_000, portsTo(21_000))], 3],
];

describe('the number of workers', () => {
  it.each(TABLE)('suits %s', (_, machine, arms, expected) => {
    expect(chooseWorkers({ ...machine, arms })).toBe(expected);
  });

  it('counts an exchange twice where each is refused first', () => {
    const auth = {
      to: 'proxy',
      scheme: 'basic',
      mode: 'challenge',
      credentials: { kind: 'env', name: 'USER' },
    } as const;
    expect(chooseWorkers({ ...LAPTOP, arms: [at(5_000, { auth })] })).toBe(2);
    expect(chooseWorkers({ ...LAPTOP, arms: [at(5_000, { auth: { ...auth, mode: 'preemptive' } })] })).toBe(
      1,
    );
  });

  it('goes by the peak of all phases', () => {
    const load: Load = {
      kind: 'open',
      phases: [
        { kind: 'hold', ratePerSec: 10, forUs: 1_000_000 },
        { kind: 'ramp', fromPerSec: 10, toPerSec: 12_000, forUs: 1_000_000 },
      ],
    };
    expect(chooseWorkers({ ...LAPTOP, arms: [armOf({ load })] })).toBe(2);
  });
});
