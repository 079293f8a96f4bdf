import { expect, it } from 'vitest';
import { PORTS } from '../../../src/lab/addresses.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import {
  type Attempt,
  attempt,
  countOf,
  type Fate,
  isAnswered,
  isStalled,
  readCounter,
  withSwitchedLab,
} from './in-lab.ts';

/** So many of each of two clients to each of two ports, all held. */
const PER_KIND = 8;
const KINDS = [0, 1].flatMap((client) =>
  [PORTS.origin, PORTS.secondOrigin].map(
    (toPort): Attempt => ({ client, toPort, send: '', giveUpMs: 1_200 }),
  ),
);
const ALL = KINDS.flatMap((kind) => Array.from({ length: PER_KIND }, () => kind));

function passed(fates: readonly Fate[], which: (one: Attempt) => boolean): number {
  return countOf(
    fates.filter((_, index) => which(ALL[index]!)),
    (fate) => fate.connectMs !== null && !isStalled(fate),
  );
}

suiteNeeding('a limit', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const inLab = withSwitchedLab();

  it.each([
    ['all', [5, undefined, undefined]],
    ['source', [10, 5, undefined]],
    ['port', [10, undefined, 5]],
  ] as const)('of open connections counts by %s', async (per, [all, ofSource, ofPort]) => {
    await inLab(`table-limit:5,per=${per}`, async (lab) => {
      const fates = await attempt(lab, ALL);
      expect(passed(fates, () => true)).toBe(all);
      if (ofSource !== undefined)
        for (const one of [0, 1]) expect(passed(fates, ({ client }) => client === one)).toBe(ofSource);
      if (ofPort !== undefined)
        for (const one of [PORTS.origin, PORTS.secondOrigin])
          expect(passed(fates, ({ toPort }) => toPort === one)).toBe(ofPort);
    });
  });

  it.each([
    ['all', 5],
    ['source', 10],
    ['port', 10],
  ] as const)('of SYNs a second counts by %s', async (per, most) => {
    // One a second: none comes back before the attempts are given up.
    await inLab(`syn-rate-limit:rate=1,burst=5,per=${per}`, async (lab) => {
      const fates = await attempt(
        lab,
        ALL.map((one) => ({ ...one, giveUpMs: 700 })),
      );
      const got = passed(fates, () => true);
      expect(got).toBeGreaterThanOrEqual(most);
      expect(got).toBeLessThanOrEqual(most + 2);
    });
  });

  it.each([
    ['reset', 'ECONNREFUSED'],
    ['icmp', 'EHOSTUNREACH'],
  ])('that answers by %s refuses what is too much', async (answer, errno) => {
    await inLab(`table-limit:5,full=${answer}`, async (lab) => {
      const fates = await attempt(lab, ALL.slice(0, PER_KIND));
      expect(countOf(fates, ({ end }) => end === errno)).toBe(PER_KIND - 5);
    });
  });
});

suiteNeeding('a box on the way', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  const inLab = withSwitchedLab();
  const TRIES: Attempt[] = Array.from({ length: 60 }, (_, index) => ({
    atMs: index * 5,
    client: index % 10,
  }));

  it.each([
    ['syn', 0],
    ['request', 60],
  ] as const)('that resets at the %s does so to a share of connections', async (at, connected) => {
    await inLab(`reset-injected:50%,at=${at}`, async (lab) => {
      const fates = await attempt(lab, TRIES);
      const reset = fates.filter(({ end }) => end === (at === 'syn' ? 'ECONNREFUSED' : 'ECONNRESET'));
      // Half of 60; outside of this range once in 100,000 runs.
      expect(reset.length).toBeGreaterThanOrEqual(13);
      expect(reset.length).toBeLessThanOrEqual(47);
      expect(fates.filter((fate) => !isAnswered(fate) && !reset.includes(fate))).toEqual([]);
      expect(countOf(reset, isAnswered)).toBe(0);
      expect(countOf(reset, ({ connectMs }) => connectMs !== null)).toBe(connected === 0 ? 0 : reset.length);
    });
  });

  it.each([
    ['out', 'client'],
    ['in', 'far'],
  ] as const)('that loses first segments (%s) delays first bytes and no handshake', async (way, sender) => {
    await inLab(`first-segment-loss:100%,direction=${way}`, async (lab) => {
      const before = await readCounter(lab, sender, 'Tcp', 'RetransSegs');
      const fates = await attempt(lab, TRIES.slice(0, 20));
      expect(countOf(fates, isStalled)).toBe(0);
      expect(countOf(fates, isAnswered)).toBe(20);
      expect((await readCounter(lab, sender, 'Tcp', 'RetransSegs')) - before).toBeGreaterThanOrEqual(20);
      if (way === 'in') return;
      // The least retransmission timeout of Linux is 200 ms (TCP_RTO_MIN); a response is missed sooner, by the FIN behind it.
      for (const { connectMs, firstByteMs } of fates)
        expect(firstByteMs! - connectMs!).toBeGreaterThanOrEqual(195);
    });
  });
});
