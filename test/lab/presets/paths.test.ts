import { expect, it } from 'vitest';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Attempt, attempt, countOf, isAnswered, isStalled, STALLED_MS, withLab } from './in-lab.ts';

function times(count: number, what: Attempt = {}): Attempt[] {
  return Array.from({ length: count }, () => what);
}

suiteNeeding('a path that misbehaves', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('ef-policer drops requests that are marked EF, and neither their SYNs nor what is not marked', async () => {
    await withLab('ef-policer', async (lab) => {
      const request = `GET /${'x'.repeat(80)} HTTP/1.1\r\nHost: far\r\n\r\n`;
      const plain = await attempt(lab, times(5, { send: request }));
      expect(countOf(plain, isAnswered)).toBe(5);
      await lab.client.loadRules(
        'table ip dscp_ef {\nchain out {\ntype route hook output priority mangle;\nip protocol tcp ip dscp set ef\n}\n}\n',
      );
      const marked = await attempt(lab, times(5, { send: request }));
      expect(countOf(marked, isStalled)).toBe(0);
      expect(marked.map(({ end, bytes }) => [end, bytes])).toEqual(Array(5).fill(['gave-up', 0]));
    });
  });

  it('mtu-black-hole connects, then delivers nothing, unless segments are small', async () => {
    await withLab('mtu-black-hole', async (lab) => {
      const large = await attempt(lab, times(5));
      expect(countOf(large, isStalled)).toBe(0);
      expect(large.map(({ end, bytes }) => end === 'gave-up' && bytes < 16_384)).toEqual(Array(5).fill(true));
      await lab.client.configure(['route change default via 10.10.0.1 advmss 1200']);
      const small = await attempt(lab, times(5));
      expect(countOf(small, isAnswered)).toBe(5);
      expect(small.every(({ bytes }) => bytes > 16_384)).toBe(true);
    });
  });

  it.each([
    'out',
    'in',
  ])('dead-path (%s) never answers a share of the connections, the same ones each time', async (direction) => {
    await withLab(`dead-path:paths=4,direction=${direction}`, async (lab) => {
      const ports = Array.from({ length: 48 }, (_, index) => 40_000 + index);
      const round = async (): Promise<number[]> => {
        const fates = await attempt(
          lab,
          ports.map((port, index) => ({ port, atMs: index * 5, giveUpMs: 3_500 })),
        );
        return ports.filter((_, index) => fates[index]!.connectMs === null);
      };
      const dead = await round();
      // 12 of 48 expected; outside of this range once in 10,000 runs.
      expect(dead.length).toBeGreaterThanOrEqual(2);
      expect(dead.length).toBeLessThanOrEqual(24);
      expect(await round()).toEqual(dead);
    });
  });

  it('random-loss stalls as many handshakes as it loses packets', async () => {
    await withLab('random-loss:20%', async (lab) => {
      // One after the other: what a busy machine takes over a burst must not look like a loss.
      // A handshake stalls where its SYN is lost: 60 of 300 expected; outside of this range once in 100,000 runs.
      const fates = await attempt(
        lab,
        times(300).map((_, index) => ({ send: '', atMs: index * 5 })),
      );
      expect(countOf(fates, isStalled)).toBeGreaterThanOrEqual(32);
      expect(countOf(fates, isStalled)).toBeLessThanOrEqual(92);
    });
  });

  it.each([
    'auto',
    'tunnel',
  ])('latency (%s) makes every handshake and response a round trip longer', async (how) => {
    await withLab(`latency:rtt=150ms,how=${how}`, async (lab) => {
      // The first finds the neighbours' addresses, too.
      await attempt(lab, times(1));
      const fates = await attempt(lab, times(20));
      expect(countOf(fates, isAnswered)).toBe(20);
      for (const { connectMs, firstByteMs } of fates) {
        expect(connectMs).toBeGreaterThanOrEqual(149);
        expect(connectMs).toBeLessThan(STALLED_MS);
        expect(firstByteMs! - connectMs!).toBeGreaterThanOrEqual(149);
      }
    });
  });

  it('syn-flood switches on above its rate, drops for its time, lets go for its time, and over again', async () => {
    await withLab('syn-flood:high=50,low=20,on=3s,off=2s', async (lab) => {
      const everyMs = 10;
      const fates = await attempt(
        lab,
        Array.from({ length: 1_150 }, (_, index) => ({
          atMs: index * everyMs,
          giveUpMs: 400,
          client: index % 10,
        })),
      );
      const changes = fates.flatMap((fate, index) => {
        const before = fates[index - 1];
        return before !== undefined && isStalled(before) !== isStalled(fate) ? [fate.startedAtMs] : [];
      });
      // Off to on, on to off and so on; the first comes as soon as the rate is believed.
      expect(changes.length).toBeGreaterThanOrEqual(4);
      const [on = 0, off = 0, onAgain = 0, offAgain = 0] = changes;
      expect(on).toBeLessThan(1_500);
      for (const [phaseMs, expectedMs] of [
        [off - on, 3_000],
        [onAgain - off, 2_000],
        [offAgain - onAgain, 3_000],
      ] as const) {
        expect(Math.abs(phaseMs - expectedMs)).toBeLessThan(expectedMs * 0.2);
      }
    });
  });

  it('syn-flood stays off below its rate', async () => {
    await withLab('syn-flood:high=100,low=20,on=3s,off=2s', async (lab) => {
      const fates = await attempt(
        lab,
        Array.from({ length: 60 }, (_, index) => ({ atMs: index * 25 })),
      );
      expect(countOf(fates, isStalled)).toBe(0);
    });
  });
});
