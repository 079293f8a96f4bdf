import { expect, it } from 'vitest';
import { loseSyns } from '../lab/lose-syns.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
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

/** Loses the first segment with data of one connection in so many. */
const losingRequests = (port: number, oneIn: number): string => `table inet once {
  set seen { type inet_service; flags dynamic; size 65535; }
  chain input {
    type filter hook input priority 0;
    tcp dport ${port} meta length > 80 tcp sport != @seen add @seen { tcp sport } numgen inc mod ${oneIn} == 0 drop
  }
}`;

suiteNeeding('a run across a path that loses requests', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it.each(
    SOCKET_ENGINES,
  )('says so, though no handshake stalls and all is answered (%s engine)', async (engine) => {
    const place = makeWorkplace();
    try {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        await far.loadRules(losingRequests(origin.port, 20));
        const summary = await place.measure(
          [
            ...['hit', `http://${farAddress}:${origin.port}/`, '--rate', '50/s', '-t', '2'],
            ...['--engine', engine],
          ],
          ['ip', 'netns', 'exec', near.name],
        );
        expect(summary.arms['hit']).toMatchObject({
          completed: 100,
          stalled: { count: 0 },
          requestRetransmits: { '0': 95, '1': 5 },
          requestsResent: { count: 5, measured: 100, rate: 0.05 },
        });
        expect(summary.findings).toContainEqual(
          expect.objectContaining({
            kind: 'requests-resent',
            text: expect.stringMatching(
              /^5 % of requests \(5 of 100\) were retransmitted after the handshake/,
            ),
          }),
        );
      });
    } finally {
      await place.clean();
    }
  });
});
