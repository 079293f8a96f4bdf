import { expect, it } from 'vitest';
import { loseSyns } from '../lab/lose-syns.ts';
import { withPair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

suiteNeeding('a run across a path that loses SYNs', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it.each([
    0, 1, 2,
  ])('counts every handshake as stalled and recovered where the first %i are lost', async (lost) => {
    const place = makeWorkplace();
    try {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        await far.loadRules(loseSyns(lost, origin.port));
        const summary = await place.measure(
          ['hit', `http://${farAddress}:${origin.port}/`, '--rate', '20/s', '-t', '2'],
          ['ip', 'netns', 'exec', near.name],
        );
        const stalls = lost === 0 ? 0 : 40;
        expect(summary.run.stallsByTcpInfo).toBe(true);
        expect(summary.arms['hit']).toMatchObject({
          scheduled: 40,
          completed: 40,
          synRetransmits: { [lost]: 40 },
          stalled: { count: stalls, rate: stalls / 40, recovered: stalls, frozen: 0 },
        });
      });
    } finally {
      await place.clean();
    }
  });
});
