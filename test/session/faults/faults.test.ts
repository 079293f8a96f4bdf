import { beforeAll, expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { CHECKS, figuresOf, gather } from './checks.mjs';
import { befall, endTwice, PLANS } from './script.mjs';
import { findLeftovers, withSite } from './site.mjs';

/** Another each time; what it was is told where something fails. */
const seed = Date.now() % 1_000_000;

suiteNeeding(
  'a soak that everything happens to',
  ['linux', 'root', 'netns', 'ip', 'nft', 'mount', 'faketime'],
  () => {
    let results: Map<string, { found: unknown; wanted: unknown }>;
    let told: string;
    let twice: Awaited<ReturnType<typeof endTwice>>;

    beforeAll(async () => {
      await withSite(async (site) => {
        const facts = await befall(site, PLANS.short, seed);
        const night = await gather(facts, await site.farEnd('tell'));
        results = new Map(CHECKS.map(([title, check]) => [title, check(night)]));
        told = `seed ${seed}: ${JSON.stringify(figuresOf(night))}\n${facts.said}`;
        twice = await endTwice(site);
      });
    }, 300_000);

    it.each(CHECKS.map(([title]) => title))('%s', (title) => {
      const { found, wanted } = results.get(title)!;
      expect(found, told).toEqual(wanted);
    });

    it('a second signal ends at once what the first lets settle', () => {
      expect(twice.exitCode).toBe(130);
      expect(twice.said).toContain('ending all attempts now');
    });

    it('nothing is left behind', async () => {
      expect(await findLeftovers()).toEqual([]);
    });
  },
);
