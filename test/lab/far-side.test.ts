import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import type { FarAttempt } from '../../src/metrics/far.ts';
import { diagnoseRun } from '../../src/read/diagnosis.ts';
import { readFar, readFarAttempts } from '../../src/store/far-files.ts';
import { readEvidence } from '../../src/store/read-evidence.ts';
import { makeWorkplace } from '../e2e/rushhour.ts';
import { collect } from '../store/runs.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** nat-recycle, small: each port comes round on the next address after 1.7 s. */
const SCENARIO = `
schema: 1
target: /
arms:
  recycled:
    via: proxy
    close: peer
    timeouts: { handshake: 3s }
    source: { addresses: all, ports: 20000-20049, order: sequential }
    load: [{ hold: { rate: 30/s, for: 5s } }]
`;

suiteNeeding('a run in a lab', ['linux', 'root', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  const place = makeWorkplace();
  let summary: Summary;
  let dir: string;
  let attempts: FarAttempt[];

  beforeAll(async () => {
    const scenario = await place.scenario('recycled', SCENARIO);
    const flags = ['--results', place.results, '--json', '--quiet'];
    const { stdout, stderr } = await place.start(['lab', 'run', 'timewait-1s', scenario, ...flags]).finished;
    expect(stderr).not.toContain('far side');
    summary = JSON.parse(stdout);
    dir = join(place.results, summary.run.id);
    attempts = await collect(readFarAttempts(dir));
  }, 60_000);
  afterAll(() => place.clean());

  it('records the far side by itself, and finds there each attempt that it kept', async () => {
    expect(existsSync(join(dir, 'capture/far.pcapng'))).toBe(true);
    const far = await readFar(dir);
    if (far.kind !== 'whole') throw new Error(JSON.stringify(far));
    const kept = await collect(readEvidence(dir));
    const { attempts: counts, nat, far: files, remarks } = far.value;
    expect(counts).toMatchObject({ kept: kept.length, matched: kept.length, by: { isn: kept.length } });
    expect(nat).toMatchObject({ kind: 'port-preserving', externalAddresses: ['10.20.0.1'] });
    expect(files).toMatchObject([{ path: 'capture/far.pcapng', dropped: 0 }]);
    expect(remarks).toEqual([]);
    expect(summary.far).toEqual(far.value);
  });

  it('tells the story of each stalled attempt', () => {
    const stalled = attempts.filter(({ kind }) => kind === 'frozen' || kind === 'recovered');
    expect(stalled).toHaveLength(summary.arms['recycled']!.stalled.count);
    expect(stalled.length).toBeGreaterThan(5);
    for (const { syns, fate, external } of stalled) {
      expect([fate, external?.address]).toEqual(['ack-lost', '10.20.0.1']);
      expect(syns.flatMap(({ answered }) => answered)).toContain('ack');
      expect(syns.flatMap(({ returned }) => returned)).toEqual([]);
    }
  });

  it('has a diagnosis that knows of the far side', async () => {
    const { diagnosis } = await diagnoseRun(dir);
    expect(summary.diagnosis).toEqual(diagnosis);
  });
});
