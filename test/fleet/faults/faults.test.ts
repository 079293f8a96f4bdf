import { expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { gather, judge } from './checks.mjs';
import { drawFaults } from './draw.mjs';
import { befall } from './round.mjs';
import { findLeftovers, withSite } from './site.mjs';

const PROBES = ['leeds', 'york'];
const FAULTS = 6;

/** Another each time; what it was is told where something fails. */
const seed = Date.now() % 1_000_000;

suiteNeeding(
  'a fleet that random faults befall',
  ['linux', 'root', 'netns', 'ip', 'nft', 'conntrack', 'nginx', 'nats-server'],
  () => {
    it('loses and doubles nothing, and sends nothing beyond the plan', async () => {
      const faults = drawFaults(seed, PROBES, FAULTS);
      const { parts, failed } = await withSite(PROBES, async (site) => {
        const gathered = await gather(site, await befall(site, faults));
        return { parts: gathered.parts, failed: judge(gathered) };
      });
      expect(failed, `seed ${seed}: ${JSON.stringify(faults)}`).toEqual([]);
      // They did meet a run: what nobody ordered or sent would fail at nothing.
      expect(parts.reduce((sum, { opened }) => sum + opened, 0)).toBeGreaterThan(0);
    });

    it('leaves nothing behind', async () => {
      expect(await findLeftovers()).toEqual([]);
    });
  },
);
