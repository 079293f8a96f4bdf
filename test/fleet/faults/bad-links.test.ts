import { beforeAll, expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Gathered, gather, judge } from './checks.mjs';
import { befall } from './round.mjs';
import { withSite } from './site.mjs';

const PROBES = ['leeds', 'york', 'hull'];
const common = { random: 0, lastsSec: 0 };
/** The load lasts from the tenth second to the 22nd. */
const FAULTS = [
  { ...common, kind: 'loss', probe: 'york', atSec: 0, lastsSec: 70 },
  { ...common, kind: 'cut', probe: 'leeds', atSec: 12, lastsSec: 60 },
  { ...common, kind: 'forget', probe: 'hull', atSec: 14 },
];

suiteNeeding(
  'control links of a fleet on a bad day',
  ['linux', 'root', 'netns', 'ip', 'nft', 'conntrack', 'nginx', 'nats-server'],
  () => {
    let gathered: Gathered;
    let failed: string[];
    let ports: { before: readonly number[]; after: readonly number[] };
    beforeAll(async () => {
      await withSite(PROBES, async (site) => {
        const before = await site.controlPorts('hull');
        gathered = await gather(site, await befall(site, FAULTS));
        failed = judge(gathered);
        ports = { before, after: await site.controlPorts('hull') };
      });
    });

    it.each([
      ['down for a minute', 'leeds'],
      ['that loses 5 % of its packets', 'york'],
      ['whose connection a router forgets', 'hull'],
    ])('one %s ends no run, and keeps no second from arriving once', (_, probe) => {
      expect(gathered.parts.find((part) => part.probe === probe)?.outcome).toBe('complete');
      expect(failed).toEqual([]);
    });

    it('a connection that a router forgot is made anew, by the probe itself', () => {
      expect(ports.before).toHaveLength(1);
      expect(ports.after).toHaveLength(1);
      expect(ports.after).not.toEqual(ports.before);
    });
  },
);
