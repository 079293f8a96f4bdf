import { expect, it } from 'vitest';
import { PORTS } from '../../../src/lab/addresses.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Attempt, attempt, countOf, isAnswered, isStalled, readCounter, withLab } from './in-lab.ts';

/** So many at once; idle ones are given up after 1.2 s. */
function burst(count: number, more: Attempt = {}): Attempt[] {
  return Array.from({ length: count }, (_, index) => ({ client: index % 10, giveUpMs: 1_200, ...more }));
}

/** Elements of an nftables set in the firewall, without their timers. */
async function elementsOf(lab: Lab, set: string): Promise<string[]> {
  const listed = await lab.firewall.run('nft', 'list', 'set', 'ip', 'lab', set);
  const elements = /elements = \{([^}]*)\}/.exec(listed)?.[1]?.split(/ timeout \S+ expires \S+,?/) ?? [];
  return elements.map((element) => element.trim()).filter((element) => element !== '');
}

suiteNeeding('a NAT', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it("keeps a client's port, and gives another where one client has it already", async () => {
    await withLab('healthy', async (lab) => {
      const idle = { send: '', port: 30_000 };
      const fates = await attempt(lab, [
        { ...idle, client: 0 },
        { ...idle, client: 1, atMs: 100 },
        { ...idle, client: 1, atMs: 100, toPort: PORTS.proxy },
      ]);
      expect(countOf(fates, isStalled)).toBe(0);
      expect((await elementsOf(lab, 'kept')).sort()).toEqual(['3128 . 30000', '8080 . 30000']);
      // 1024, the first of the spare ports.
      expect(await elementsOf(lab, 'taken8080')).toEqual(['0x00000400']);
    });
  });

  it('gives out the ports of a pool in turn', async () => {
    await withLab('small-nat-pool:40', async (lab) => {
      const fates = await attempt(lab, burst(3, { send: '' }));
      expect(countOf(fates, isStalled)).toBe(0);
      expect((await elementsOf(lab, 'taken8080')).map(Number).sort()).toEqual([2_000, 2_001, 2_002]);
    });
  });
});

suiteNeeding('a firewall that runs out', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('small-nat-pool opens as many connections as it has ports, for each destination', async () => {
    await withLab('small-nat-pool:50', async (lab) => {
      const idle = { send: '' };
      const first = burst(70, idle);
      const second = burst(50, { ...idle, toPort: PORTS.secondOrigin, atMs: 300 });
      const fates = await attempt(lab, [...first, ...second]);
      expect(70 - countOf(fates.slice(0, 70), isStalled)).toBe(50);
      expect(countOf(fates.slice(70), isStalled)).toBe(0);
    });
  });

  it('small-nat-pool keeps ports after their connections have ended, and gives them out again then', async () => {
    await withLab('small-nat-pool:50,t=4s', async (lab) => {
      const starts = [0, 700, 5_000];
      const fates = await attempt(
        lab,
        starts.flatMap((atMs) => burst(40, { atMs })),
      );
      const stalled = starts.map((_, index) => countOf(fates.slice(index * 40, index * 40 + 40), isStalled));
      // Ten ports are left for the second burst. In the third, a few meet the far side's TIME_WAIT twice over.
      expect(stalled[0]).toBe(0);
      expect(stalled[1]).toBeGreaterThanOrEqual(28);
      expect(stalled[2]).toBeLessThan(20);
    });
  });

  it('table-limit lets so many connections be open at once, and more once they have ended', async () => {
    await withLab('table-limit:30', async (lab) => {
      const idle = { send: '' };
      const fates = await attempt(lab, [...burst(50, idle), ...burst(25, { atMs: 1_700 })]);
      expect(50 - countOf(fates.slice(0, 50), isStalled)).toBe(30);
      expect(countOf(fates.slice(50), isAnswered)).toBe(25);
    });
  });

  it('syn-rate-limit drops what comes above the rate, to every destination', async () => {
    await withLab('syn-rate-limit:rate=20,burst=10', async (lab) => {
      const slow = Array.from({ length: 20 }, (_, index): Attempt => ({ atMs: index * 80 }));
      const fast = Array.from(
        { length: 40 },
        (_, index): Attempt => ({
          atMs: 2_500 + index * 10,
          giveUpMs: 900,
          toPort: index % 2 === 0 ? PORTS.origin : PORTS.secondOrigin,
        }),
      );
      const fates = await attempt(lab, [...slow, ...fast]);
      expect(countOf(fates.slice(0, 20), isStalled)).toBe(0);
      // 10 at once, and 20/s for 0.4 s: 8.
      const passed = countOf(fates.slice(20), isAnswered);
      expect(passed).toBeGreaterThanOrEqual(14);
      expect(passed).toBeLessThanOrEqual(24);
    });
  });

  it('slow-far-end stalls what comes while its accept queue is full, and says so in its counters', async () => {
    await withLab('slow-far-end:backlog=4,pause=2s,run=200ms', async (lab) => {
      const fates = await attempt(lab, burst(40, { atMs: 300, giveUpMs: 900 }));
      expect(countOf(fates, isStalled)).toBeGreaterThan(20);
      expect(await readCounter(lab, 'far', 'TcpExt', 'ListenOverflows')).toBeGreaterThan(20);
    });
  });
});
