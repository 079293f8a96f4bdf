import { expect, it } from 'vitest';
import { PORTS } from '../../../src/lab/addresses.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { attempt, countOf, isAnswered, STALLED_MS, withLab } from './in-lab.ts';

suiteNeeding('a box that ends TCP by itself', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it('pre-answered accepts at once what the far side answers a round trip later, closed ports included', async () => {
    await withLab('pre-answered:rtt=600ms', async (lab) => {
      const [answered, second, closed] = await attempt(lab, [
        {},
        { toPort: PORTS.secondOrigin },
        { toPort: PORTS.closed },
      ]);
      for (const fate of [answered, second]) {
        expect(isAnswered(fate!)).toBe(true);
        // Its own handshake with the far side, then there and back.
        expect(fate!.firstByteMs! - fate!.connectMs!).toBeGreaterThanOrEqual(1_199);
        // The far side cannot have answered by then.
        expect(fate!.connectMs!).toBeLessThan(600);
      }
      expect(closed?.connectMs).toBeLessThan(600);
      expect(closed?.end).toBe('ECONNRESET');
    });
  });

  it('a closed port is refused where no box answers for it', async () => {
    await withLab('healthy', async (lab) => {
      const [closed] = await attempt(lab, [{ toPort: PORTS.closed }]);
      expect(closed).toMatchObject({ connectMs: null, end: 'ECONNREFUSED' });
    });
  });

  it('idle-cut resets connections at their age, and leaves alone what ends before', async () => {
    await withLab('idle-cut:2s', async (lab) => {
      const idle = Array.from({ length: 10 }, (_, index) => ({
        send: '',
        giveUpMs: 5_000,
        atMs: index * 50,
      }));
      const fates = await attempt(lab, [...idle, {}, { send: '', toPort: PORTS.closed }]);
      for (const { end, endMs } of fates.slice(0, 10)) {
        expect(end).toBe('ECONNRESET');
        expect(endMs).toBeGreaterThanOrEqual(1_990);
      }
      expect(isAnswered(fates[10]!)).toBe(true);
      expect(fates[11]?.end).toBe('ECONNREFUSED');
    });
  });

  it('fail-open-5s holds some requests for its delay, exactly, and no handshake', async () => {
    await withLab('fail-open-5s:share=50%,delay=2s', async (lab) => {
      const fates = await attempt(
        lab,
        Array.from({ length: 30 }, () => ({ giveUpMs: 6_000 })),
      );
      expect(countOf(fates, isAnswered)).toBe(30);
      expect(fates.every(({ connectMs }) => connectMs! < STALLED_MS)).toBe(true);
      const late = fates.filter(({ firstByteMs }) => firstByteMs! > 1_000);
      // 30 throws of a coin: outside of this range once in 20,000 runs.
      expect(late.length).toBeGreaterThanOrEqual(4);
      expect(late.length).toBeLessThanOrEqual(26);
      for (const { firstByteMs } of late) {
        expect(firstByteMs).toBeGreaterThanOrEqual(1_999);
        // Where a segment was lost, the second time it is sent again.
        expect(firstByteMs).toBeLessThan(3_000);
      }
    });
  });
});
