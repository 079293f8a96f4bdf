import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRawEngine } from '../../src/engine/raw/engine.ts';
import type { CreateEngine } from '../../src/engine/types.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import type { Arm } from '../../src/scenario/types.ts';
import type { ShardPlan } from '../../src/worker/protocol.ts';
import { rehearse } from '../../src/worker/rehearse.ts';
import { createShardClock } from '../../src/worker/shard-clock.ts';
import { armOf } from '../analysis/parts.ts';
import { startPeer } from '../support/servers.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const CLOSED: Load = { kind: 'closed', concurrency: 10, attempts: 1_000 };
const FAST: Load = { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 500, forUs: 2_000_000 }] };

function planOf(load: Load, more: Partial<Arm> = {}, rest: Partial<ShardPlan> = {}): ShardPlan {
  const arm = armOf({ via: 'direct', expect: { kind: 'status', statuses: [200] }, load, ...more });
  return {
    ...{ index: 0, count: 1, engine: 'raw', maxOpen: 100, maxLatenessUs: 1_000_000, drainUs: 1 },
    arms: [{ arm, endpoints: [{ address: '127.0.0.1', port: 9, family: 4 }], sources: ['127.0.0.1'] }],
    ...rest,
  };
}

/** However slow the machine: all of it. */
function play(plan: ShardPlan): Promise<number> {
  return rehearse(plan, createRawEngine, createShardClock('raw'), 60_000_000);
}

const mustNotOpen: CreateEngine = () => {
  throw new Error('an engine was made for a load that is not rehearsed');
};

describe('a rehearsal', () => {
  it.each([
    ['too few attempts', planOf({ ...CLOSED, attempts: 999 })],
    ['too low a rate', planOf({ kind: 'open', phases: [{ kind: 'hold', ratePerSec: 499, forUs: 9e6 }] })],
    ['too little for each of two workers', planOf(CLOSED, {}, { count: 2 })],
    ['a sweep', planOf({ kind: 'sweep', delaysUs: [1e6], pairs: 9_000, ratePerSec: 600 })],
    ['the portable engine', planOf(CLOSED, {}, { engine: 'portable' })],
  ])('is left out for %s', async (_, plan) => {
    expect(await rehearse(plan, mustNotOpen, createShardClock('portable'))).toBe(0);
  });
});

suiteNeeding('a rehearsal over the loopback', ['linux'], () => {
  const countDescriptors = (): number => readdirSync('/proc/self/fd').length;
  let before: number;
  beforeAll(async () => {
    // What loads with the first one stays.
    await play(planOf(CLOSED));
    before = countDescriptors();
  });

  it.each<[string, ShardPlan]>([
    ['a closed loop', planOf(CLOSED)],
    ['an open loop', planOf(FAST)],
    ['a loop bounded by time', planOf({ kind: 'closed', concurrency: 5, forUs: 1e6 })],
    ['connections that are reset', planOf(CLOSED, { close: 'reset' })],
    ['connections that this side closes', planOf(CLOSED, { close: 'fin' })],
    ['a port that must refuse', planOf(CLOSED, { expect: { kind: 'refused' } })],
    ['another status', planOf(CLOSED, { expect: { kind: 'status', statuses: [204] } })],
    [
      'bare TCP',
      planOf(CLOSED, {
        target: { scheme: 'tcp', host: '127.0.0.1', port: 9, path: '' },
        expect: { kind: 'established' },
      }),
    ],
    ['few descriptors', planOf(CLOSED, {}, { maxOpen: 6 })],
    ['held connections', planOf(CLOSED, { holdUs: 60_000_000 })],
  ])('completes every attempt and leaves nothing open: %s', async (_, plan) => {
    expect(await play(plan)).toBe(3_500);
    expect(countDescriptors()).toBe(before);
  });

  it('does not touch the far end of the load', async () => {
    const peer = await startPeer({});
    const plan = planOf(CLOSED);
    const [planned] = plan.arms;
    const endpoints = [{ address: peer.host, port: peer.port, family: 4 as const }];
    const own: ShardPlan = { ...plan, arms: [{ ...planned!, endpoints }] };
    expect(await play(own)).toBe(3_500);
    expect(peer.seen).toEqual([]);
  });

  it('plays an arm that is worth it, though another stands first', async () => {
    const [slow, fast] = [planOf({ ...CLOSED, attempts: 5 }), planOf(FAST)].map(({ arms }) => arms[0]!);
    const plan = planOf(CLOSED, {}, { arms: [slow!, fast!] });
    expect(await play(plan)).toBe(3_500);
  });
});

suiteNeeding('a rehearsal without a loopback', ['linux', 'root', 'netns', 'unshare'], () => {
  it('is given up, and the load goes on', async () => {
    const script = `
      const [dist, plan] = process.argv.slice(1);
      const { rehearse } = await import(dist + 'worker/rehearse.js');
      const { createShardClock } = await import(dist + 'worker/shard-clock.js');
      const { createRawEngine } = await import(dist + 'engine/raw/engine.js');
      console.log(await rehearse(JSON.parse(plan), createRawEngine, createShardClock('raw')));
    `;
    const dist = new URL('../../dist/', import.meta.url).href;
    const args = ['--net', process.execPath, '--input-type=module', '-e', script, dist];
    const { stdout } = await promisify(execFile)('unshare', [...args, JSON.stringify(planOf(CLOSED))]);
    expect(stdout).toBe('0\n');
  });
});
