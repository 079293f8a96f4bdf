import { describe, expect, it } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import {
  type Attempt,
  attempt,
  countOf,
  type Fate,
  isAnswered,
  isStalled,
  readCounter,
  withLab,
} from './in-lab.ts';

/** Each collides with a chance of one half: that none of 20 does is one in a million. */
const PAIRS = 20;
const PORTS = Array.from({ length: PAIRS }, (_, index) => 21_000 + index);

/** Client 0 uses a port, and `ageMs` later client 1 uses the same one: the NAT maps both onto one outer port. */
async function reusePorts(lab: Lab, ageMs: number): Promise<Fate[]> {
  const used = PORTS.map((port): Attempt => ({ client: 0, port }));
  const reused = PORTS.map((port): Attempt => ({ client: 1, port, atMs: ageMs }));
  const fates = await attempt(lab, [...used, ...reused]);
  expect(countOf(fates.slice(0, PAIRS), isAnswered)).toBe(PAIRS);
  return fates.slice(PAIRS);
}

suiteNeeding('early reuse of source ports', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  describe('timewait-1s', () => {
    it('freezes about half of the handshakes where a port comes round after 2 s', async () => {
      await withLab('timewait-1s', async (lab) => {
        const reused = await reusePorts(lab, 2_000);
        expect(countOf(reused, isStalled)).toBeGreaterThan(0);
        expect(countOf(reused, isStalled)).toBeLessThan(PAIRS);
        // Those that do not stall show nothing at all.
        expect(countOf(reused, isStalled) + countOf(reused, isAnswered)).toBe(PAIRS);
      });
    });

    it('freezes none before the firewall has freed the port: NAT then gives another', async () => {
      await withLab('timewait-1s:t=5s', async (lab) => {
        expect(countOf(await reusePorts(lab, 2_000), isStalled)).toBe(0);
      });
    });

    it('freezes none whose port was reset: nobody remembers it', async () => {
      await withLab('timewait-1s', async (lab) => {
        const cut = PORTS.map((port): Attempt => ({ client: 0, port, send: '', giveUpMs: 200 }));
        const reused = PORTS.map((port): Attempt => ({ client: 1, port, atMs: 2_000 }));
        const fates = await attempt(lab, [...cut, ...reused]);
        expect(fates.slice(0, PAIRS).map(({ end }) => end)).toEqual(Array(PAIRS).fill('gave-up'));
        expect(countOf(fates.slice(PAIRS), isStalled)).toBe(0);
      });
    });

    it('freezes handshakes of one client, too, where its NAT gives out a small pool at random', async () => {
      await withLab('timewait-1s:ports=40', async (lab) => {
        const burst = (atMs: number) => Array.from({ length: PAIRS }, (): Attempt => ({ atMs }));
        const fates = await attempt(lab, [0, 1_500, 3_000].flatMap(burst));
        expect(countOf(fates.slice(0, PAIRS), isStalled)).toBe(0);
        expect(countOf(fates, isStalled)).toBeGreaterThan(0);
      });
    });
  });

  it('timewait-1s-rst-drop shows the same, with the bare ACKs answered by RSTs that never arrive', async () => {
    await withLab('timewait-1s-rst-drop', async (lab) => {
      const stalled = countOf(await reusePorts(lab, 2_000), isStalled);
      expect(stalled).toBeGreaterThan(0);
      expect(await readCounter(lab, 'client', 'Tcp', 'OutRsts')).toBeGreaterThanOrEqual(2 * stalled);
      expect(await readCounter(lab, 'far', 'Tcp', 'EstabResets')).toBe(0);
    });
  });

  it('timewait-1s-lenient heals: SYNs are sent again, but no handshake is late', async () => {
    await withLab('timewait-1s-lenient', async (lab) => {
      const reused = await reusePorts(lab, 2_000);
      expect(countOf(reused, isStalled)).toBe(0);
      expect(countOf(reused, isAnswered)).toBe(PAIRS);
      expect(await readCounter(lab, 'client', 'TcpExt', 'TCPSynRetrans')).toBeGreaterThan(0);
    });
  });

  it.each(['timewait-60s', 'healthy'])('%s stalls none and has no SYN sent again', async (preset) => {
    await withLab(preset, async (lab) => {
      const reused = await reusePorts(lab, 2_000);
      expect(countOf(reused, isStalled)).toBe(0);
      expect(countOf(reused, isAnswered)).toBe(PAIRS);
      expect(await readCounter(lab, 'client', 'TcpExt', 'TCPSynRetrans')).toBe(0);
    });
  });
});
