import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import type { Evidence } from '../../src/metrics/evidence.ts';
import { makeRouted, type Namespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What the network between does with SYNs, but for the first one, with which a run looks whether anybody answers. */
const MEETS = {
  silence: 'drop',
  reset: 'reject with tcp reset',
  reject: 'reject with icmp admin-prohibited',
} as const;
const rulesFor = (verdict: string) => `
  table ip meet {
    chain forward {
      type filter hook forward priority 0;
      tcp flags & (syn|ack) == syn limit rate over 1/day burst 1 packets ${verdict}
    }
  }
`;

suiteNeeding('packets beside a run', ['linux', 'root', 'netns', 'ip', 'nft', 'tshark', 'npm:koffi'], () => {
  let near: Namespace;
  let router: Namespace;
  let far: Namespace;
  let remove: () => Promise<void>;
  let dir: string;
  let origin: string;

  beforeAll(async () => {
    ({ near, router, far, remove } = await makeRouted());
    dir = mkdtempSync(join(tmpdir(), 'rushhour-near-'));
    const started = await far.startFarEnd('10.78.0.2');
    origin = `http://10.78.0.2:${started.origin.port}/`;
  });
  afterAll(async () => {
    await remove?.();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Three attempts, and what was seen of each. */
  async function hit(
    meets: keyof typeof MEETS | 'healthy',
    engine: string,
  ): Promise<{ summary: Summary; lines: Evidence[]; capture: string }> {
    await router.dropRules();
    if (meets !== 'healthy') await router.loadRules(rulesFor(MEETS[meets]));
    const args = ['hit', origin, '-n', '3', '-c', '3', '--connect-timeout', '1500ms', '--engine', engine];
    const flags = ['--capture', 'on', '--json', '--results', dir];
    // Whatever becomes of the attempts.
    const words = ['-c', '"$@" || true', 'sh', process.execPath, MAIN, ...args, ...flags];
    const summary: Summary = JSON.parse(await near.run('sh', ...words));
    const folder = join(dir, summary.run.id);
    const text = readFileSync(join(folder, 'evidence.jsonl'), 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line): Evidence => JSON.parse(line));
    return { summary, lines, capture: join(folder, 'capture/near.pcapng') };
  }

  const answersOf = ({ arms }: Summary) => arms['hit']?.answers;

  describe.each(['raw', 'portable', 'packet'])('of the %s engine', (engine) => {
    it('show silence, and which SYNs went again', async () => {
      const { summary, lines, capture } = await hit('silence', engine);
      expect(answersOf(summary)).toEqual({ stalled: { silence: 3 } });
      const kinds = lines.map(({ packets }) => packets.map(({ kind, again = false }) => [kind, again]));
      expect(kinds).toEqual(
        Array(3).fill([
          ['syn', false],
          ['syn', true],
        ]),
      );
      const shown = execFileSync('tshark', ['-r', capture, '-T', 'fields', '-e', 'frame.comment']);
      const comments = shown.toString().trim().split('\n');
      expect(comments).toHaveLength(6);
      expect(new Set(comments)).toEqual(
        new Set([0, 1, 2].map((attempt) => `attempt ${attempt} arm hit outcome stalled`)),
      );
    });

    it('show an RST of somebody else, an ICMP error, and a healthy handshake', async () => {
      const healthy = await hit('healthy', engine);
      expect(answersOf(healthy.summary)).toBeUndefined();
      const [first] = healthy.lines;
      expect(first).toMatchObject({ kind: 'healthy', met: 'syn-ack', rttUs: first!.sinceFirstSynUs });
      expect(first!.packets.slice(0, 2).map(({ kind, way }) => [kind, way])).toEqual([
        ['syn', 'out'],
        ['syn-ack', 'in'],
      ]);
      const reset = await hit('reset', engine);
      expect(answersOf(reset.summary)).toEqual({ refused: { rst: 3 } });
      expect(reset.lines[0]?.packets.at(-1)).toMatchObject({ kind: 'rst', about: 'this', ipId: 0 });
      const rejected = await hit('reject', engine);
      expect(
        rejected.lines.map(({ packets }) => packets.find(({ kind }) => kind === 'icmp')?.icmp),
      ).toContainEqual({ type: 3, code: 13, sender: '10.77.0.254' });
    });
  });

  it('say nothing of a run that wants none', async () => {
    await router.dropRules();
    const args = [MAIN, 'hit', origin, '-n', '2', '--capture', 'off', '--json', '--results', dir];
    const summary: Summary = JSON.parse(await near.run(process.execPath, ...args));
    expect(() => readFileSync(join(dir, summary.run.id, 'evidence.jsonl'))).toThrow('ENOENT');
  });
});
