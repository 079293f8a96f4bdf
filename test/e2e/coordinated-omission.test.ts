import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('a far end that stands still for 2 s of 10', ['linux', 'nginx'], () => {
  let nginx: Nginx;
  let place: Workplace;
  beforeAll(async () => {
    nginx = await startNginx();
    place = makeWorkplace();
  });
  afterAll(async () => {
    process.kill(nginx.pid, 'SIGCONT');
    await nginx.stop();
    await place.clean();
  });

  it('shows in the p99 of the total: what should have been answered meanwhile is not left out', async () => {
    const url = `http://127.0.0.1:${nginx.port}/`;
    const run = place.start([
      'hit',
      url,
      '--rate',
      '500/s',
      '-t',
      '10',
      '--json',
      '--results',
      place.results,
    ]);
    await place.recorded(1);
    process.kill(nginx.pid, 'SIGSTOP');
    // The stall itself, not a wait for anything.
    await sleep(2_000);
    process.kill(nginx.pid, 'SIGCONT');
    const { stdout } = await run.finished;
    const summary = JSON.parse(stdout) as Summary;
    const arm = summary.arms['hit']!;
    expect(arm.started + arm.unsent).toBe(5_000);
    // A fifth of the attempts fell due while nothing answered: the slowest 1 % of all waited nearly the whole 2 s.
    expect(arm.totalUs.p99).toBeGreaterThan(1_700_000);
    expect(arm.totalUs.p50 * 5).toBeLessThan(arm.totalUs.p99);
  });
});
