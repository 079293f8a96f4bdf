import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { readNotes } from '../../src/store/notes.ts';
import { keepFleet, type PlayedSecond, partOf, recordPart } from '../read/fleet/fleets.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const SOAK = 'steady-k3f9';
const NIGHTS = 12;
const SECONDS = 20;

async function cli(dir: string, ...args: string[]) {
  const host = createFakeHost({ cwd: dir });
  const exitCode = await runCli([...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

const idOf = (night: number): string => `202501${String(night + 1).padStart(2, '0')}-013000-${SOAK}`;

/** A night of two sites; from the seventh on, more stalls at leeds. */
async function keepNight(results: string, night: number): Promise<void> {
  const startsAtMs = Date.UTC(2025, 0, night + 1, 1, 30);
  const [id, startedAt] = [idOf(night), new Date(startsAtMs).toISOString()];
  for (const site of ['leeds', 'york']) {
    const recovered = site === 'leeds' && night >= NIGHTS / 2 ? 30 : 0;
    const seconds: PlayedSecond[] = Array.from({ length: SECONDS }, (_, second) => ({
      ...{ ok: 200, recovered: recovered + ((second + night) % 3), reset: 0, unsent: 0 },
    }));
    await recordPart(results, `${site}-1`, seconds, { id, facts: { startedAt } });
  }
  const parts = ['leeds', 'york'].map((site) => partOf(`${site}-1`, { labels: { site } }));
  await keepFleet(results, parts, { id, startsAtMs });
}

describe('the nights of a fleet', () => {
  it('have a trend site by site, by the id of their soak', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    for (let night = 0; night < NIGHTS; night += 1) await keepNight(results, night);
    const shown = await cli(dir, 'trend', SOAK);
    expect(shown.err).toBe('');
    expect(shown.out).toMatch(/^Worse: leeds\. No change seen: york\.\n/);
    expect(shown.out).toMatch(/^leeds \(leeds-1\):\nWorse in 12 nights of /m);
    expect(shown.out).toMatch(/^york \(york-1\): No change seen in 12 nights of /m);
    const failing = await cli(dir, 'trend', SOAK, '--fail-if', '*.stalled.rate worse', '--json');
    expect(failing.exitCode).toBe(3);
    const told = JSON.parse(failing.out);
    expect(told).toMatchObject({ schema: 1, verdict: 'fail', leftOut: [] });
    expect(
      told.probes.map(({ site, trend }: { site: string; trend: { verdict: string } }) => [
        site,
        trend.verdict,
      ]),
    ).toEqual([
      ['leeds', 'fail'],
      ['york', 'pass'],
    ]);
    const few = await cli(dir, 'trend', `202501*-${SOAK}`, '--last', '3');
    expect(few.out).toMatch(/^Cannot tell: leeds, york\.\n/);
    expect((await cli(dir, 'trend', SOAK, 'something-else')).err).toContain(
      '"something-else" names no run of a fleet, and the others do',
    );
  });

  it('that every probe refused say so, and not that a folder lacks a file', async () => {
    const dir = makeFolder();
    const refused = { kind: 'refused', reasons: ['it plays another run at that time'] } as const;
    await keepFleet(join(dir, 'results'), [partOf('leeds-1', { events: [refused] })], { id: idOf(0) });
    const shown = await cli(dir, 'trend', SOAK);
    expect(shown.exitCode).toBe(2);
    expect(shown.err).toContain('leeds-1: refused: it plays another run at that time');
  });

  it('take labels and notes for all of their probes, and say in words what is for one alone', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keepNight(results, 0);
    const id = idOf(0);
    expect((await cli(dir, 'results', 'note', id, 'for ticket 4711')).exitCode).toBe(0);
    expect((await cli(dir, 'results', 'label', id, 'timer 1 s')).exitCode).toBe(0);
    for (const probe of ['leeds-1', 'york-1'])
      expect(await readNotes(join(results, `${id}-${probe}`))).toEqual({
        schema: 1,
        note: 'for ticket 4711',
        label: 'timer 1 s',
      });
    for (const command of [['export'], ['evidence']]) {
      const said = await cli(dir, ...command, id);
      expect(said.exitCode).toBe(2);
      expect(said.err).toContain(`${id} is the run of a fleet`);
      expect(said.err).toContain(`give one of its probes: ${id}-leeds-1, ${id}-york-1`);
    }
    expect((await cli(dir, 'export', `${id}-leeds-1`, '--what', 'arms')).exitCode).toBe(0);
  });
});
