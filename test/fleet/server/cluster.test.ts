import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeSettings, keepSettings } from '../../../src/fleet/server/settings.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { itBearsTheLossOfItsLeader } from './lose-leader.ts';
import { HOSTS } from './start-cluster.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-cluster-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('takes three or five servers for a cluster, of which this is one', async () => {
  const own = { listen: '127.0.0.2' };
  const kept = await changeSettings(dir, { ...own, cluster: HOSTS.join(', '), clusterPort: 6300 });
  expect(kept.cluster).toEqual({ hosts: HOSTS, port: 6300 });
  await keepSettings(dir, kept);
  expect((await changeSettings(dir, {})).cluster).toEqual({ hosts: HOSTS, port: 6300 });
  expect(await changeSettings(dir, { cluster: 'none' })).not.toHaveProperty('cluster');
  for (const cluster of [
    '127.0.0.2',
    '127.0.0.1,127.0.0.2',
    '127.0.0.1,127.0.0.3,127.0.0.4',
    '127.0.0.2,127.0.0.2,127.0.0.2',
  ])
    await expect(changeSettings(dir, { ...own, cluster })).rejects.toThrow(
      'a cluster has three or five servers',
    );
});

suiteNeeding('a cluster of three', ['linux', 'nats-server'], itBearsTheLossOfItsLeader);
