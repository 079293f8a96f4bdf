import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FarEnd, startFarEnd } from '../../src/lab/far-end/start.ts';
import { freePort } from '../peers/peer.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict } from '../support/verdict.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('the named scenarios', ['linux'], () => {
  let place: Workplace;
  let farEnd: FarEnd;
  beforeAll(async () => {
    place = makeWorkplace();
    farEnd = await startFarEnd();
  });
  afterAll(async () => {
    await farEnd.stop();
    await place.clean();
  });

  const here = () => [
    '--proxy',
    `127.0.0.1:${farEnd.proxy.port}`,
    '--target',
    `http://127.0.0.1:${farEnd.origin.port}/`,
  ];

  it('quickstart needs nothing and passes', async () => {
    const summary = await place.measure(['run', 'quickstart', '--duration', '2s']);
    expectVerdict(summary, {
      ...{ 'stress.stalled.rate < 0.1%': true, 'stress.completedShare >= 99.9%': true },
      ...{ 'connect.completedShare >= 99.9%': true, '*.unsent == 0': 'if-all-sent' },
    });
    expect(Object.keys(summary.arms)).toEqual(['stress', 'connect']);
    expect(summary.arms['stress']?.ramp?.completed).toBeGreaterThan(0);
    expect(summary.arms['stress']?.outcomes).toEqual({ ok: summary.arms['stress']?.scheduled });
  });

  it('closed-port passes where the port refuses', async () => {
    const port = await freePort();
    const summary = await place.measure([
      'run',
      'closed-port',
      '--target',
      `tcp://127.0.0.1:${port}`,
      '--duration',
      '2s',
    ]);
    expect(summary.arms['probe']).toMatchObject({ completed: 10, established: 0, outcomes: { ok: 10 } });
    expectVerdict(summary, {
      ...{ 'probe.outcomes.unexpected-handshake == 0': true, 'probe.completedShare >= 99%': true },
    });
  });

  it('closed-port fails with exit code 3 where somebody answers', async () => {
    const summary = await place.measure([
      'run',
      'closed-port',
      ...['--target', `tcp://127.0.0.1:${farEnd.origin.port}`, '--duration', '2s'],
    ]);
    expect(summary.arms['probe']?.outcomes).toEqual({ 'unexpected-handshake': 10 });
    expectVerdict(summary, {
      ...{ 'probe.outcomes.unexpected-handshake == 0': false, 'probe.completedShare >= 99%': false },
    });
  });

  it('hold says that nothing was cut where nothing is', async () => {
    const summary = await place.measure([
      'run',
      'hold',
      ...['--proxy', `127.0.0.1:${farEnd.proxy.port}`, '--duration', '1s', '--set', 'arms.keep.hold=2s'],
    ]);
    expect(summary.arms['keep']?.outcomes).toEqual({ ok: 50 });
    expectVerdict(summary, { 'keep.outcomes.held-cut == 0': true, 'keep.completedShare >= 99.9%': true });
    expect(summary.findings).toMatchObject([{ kind: 'cut-age', arm: 'keep', confidence: 'none', count: 0 }]);
  });

  it('ramp-to-knee reports that there was no knee where the path takes it all', async () => {
    const summary = await place.measure([
      'run',
      'ramp-to-knee',
      ...here(),
      ...['--set', 'arms.climb.load=[{step: {from: 50/s, to: 150/s, by: 50/s, each: 2s}}]'],
    ]);
    expect(summary.findings).toMatchObject([
      { kind: 'knee', arm: 'climb', confidence: 'none', ratePerSec: 150 },
    ]);
  });

  it('a broken file is refused with 2, every mistake with its line', async () => {
    const file = await place.scenario(
      'broken',
      'schema: 1\ndescription: broken\nfarEnd: embedded\narms:\n  a:\n    expct: refused\n    load:\n      - hold: { rate: fast, for: 2s }\n',
    );
    const { code, stderr } = await place.run(['run', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.yaml:6:5: .*expct.*did you mean "?expect/);
    expect(stderr).toMatch(/broken\.yaml:8:\d+: .*fast/);
    expect(stderr).not.toContain('    at ');
  });

  it('an unknown name is met with a suggestion', async () => {
    const { code, stderr } = await place.run(['run', 'quickstrat']);
    expect(code).toBe(2);
    expect(stderr).toContain('quickstart');
  });

  it('a proxy whose name does not resolve ends with 5 before any load', async () => {
    const { code, stderr } = await place.run([
      'run',
      'steady',
      ...['--proxy', 'no-such-host.invalid:3128', '--target', 'http://www.example.test/'],
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain('no-such-host.invalid does not resolve');
  });
});
