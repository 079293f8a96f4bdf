import { expect, it } from 'vitest';
import { makeNamespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

const SCENARIO = `
schema: 1
description: Handshakes over a loopback that loses SYNs.
farEnd: embedded
arms:
  hit: { via: direct, load: [{ hold: { rate: 40/s, for: 3s } }] }
pass: ["hit.stalled.rate < 1%"]
`;

/** One SYN in four, on the way out, or on the way in: what another machine would do. */
const losing = (hook: 'output' | 'input') => `table inet own {
  chain c {
    type filter hook ${hook} priority 0
    tcp flags & (syn | ack) == syn numgen random mod 4 == 0 drop
  }
}`;

suiteNeeding('SYNs that are lost', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  it.each([
    ['output', 4, true],
    ['input', 3, false],
  ] as const)('on this machine (%s) are told from those lost on the way', async (hook, exitCode, isOwn) => {
    const place = makeWorkplace();
    const { namespace: space, remove } = await makeNamespace();
    try {
      await space.configure(['link set lo up']);
      const file = await place.scenario('lossy', SCENARIO);
      await space.loadRules(losing(hook));
      const { verdict, localDrops, arms, code } = await place.measure(
        ['run', file],
        ['ip', 'netns', 'exec', space.name],
      );
      expect(arms['hit']!.stalled.count).toBeGreaterThan(5);
      expect({ code, limited: verdict.generatorLimited }).toEqual({ code: exitCode, limited: isOwn });
      expect(verdict.reasons.some((reason) => reason.startsWith('local-drop: '))).toBe(isOwn);
      if (isOwn) expect(localDrops).toBeGreaterThan(1);
      else expect(localDrops).toBeUndefined();
    } finally {
      await remove();
      await place.clean();
    }
  });
});
