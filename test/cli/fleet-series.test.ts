import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { keepFleet, type PlayedSecond, partOf, RUN, recordPart } from '../read/fleet/fleets.ts';
import { openSite } from '../serve/site.ts';
import { makeFolder, recordRun } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const LATER = '20250201-060000-steady-p7wm';
const SECONDS = 20;

async function cli(dir: string, ...args: string[]) {
  const host = createFakeHost({ cwd: dir, columns: 200 });
  const exitCode = await runCli([...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

/** A run of a fleet, whose probe at leeds sees stalls and whose others do not. */
async function keep(results: string, id: string, probes = ['hull-1', 'leeds-1', 'york-1']): Promise<void> {
  const startsAtMs = id === RUN ? Date.UTC(2025, 0, 31, 6) : Date.UTC(2025, 1, 1, 6);
  for (const probe of probes) {
    const recovered = probe === 'leeds-1' ? 30 : 0;
    const seconds: PlayedSecond[] = Array.from({ length: SECONDS }, (_, second) => ({
      ...{ ok: 200, recovered: recovered === 0 ? 0 : recovered + (second % 3), reset: 0, unsent: 0 },
    }));
    await recordPart(results, probe, seconds, {
      id,
      facts: { startedAt: new Date(startsAtMs).toISOString() },
    });
  }
  await keepFleet(
    results,
    probes.map((probe) => partOf(probe, { labels: { site: probe } })),
    { id, startsAtMs },
  );
}

const LEFT_OUT = `6 runs of probes of a fleet are left out: "rushhour trend ${LATER}", or the id of a soak, shows them probe by probe`;

describe('runs of the probes of a fleet', () => {
  it('are no series of one place: trends leave them out, and say so', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN);
    await keep(results, LATER);
    expect((await cli(dir, 'trend', 'test')).err).toContain(
      'test is a scenario: "rushhour results --scenario test" lists its runs, and "rushhour trend --scenario test" compares them',
    );
    const none = await cli(dir, 'trend');
    expect(none.exitCode).toBe(2);
    expect(none.err).toContain('no run in ');
    expect(none.err).toContain(LEFT_OUT);

    const nights: string[] = [];
    for (const day of [2, 3]) {
      const startedAt = `2025-02-0${day}T01:30:00.000Z`;
      nights.push((await recordRun(results, 5, { startedAt, label: 'night' })).id);
    }
    for (const args of [[], ['--last', '30'], ['--scenario', '*'], ['night'], ['*']]) {
      const shown = await cli(dir, 'trend', ...args, '--json');
      expect(shown.err, args.join(' ')).toBe('');
      if (args[0] === '*') continue;
      const told = JSON.parse(shown.out);
      expect(told.nights.map(({ id }: { id: string }) => id)).toEqual(nights);
      expect(told.causeChanges).toEqual([]);
      expect(told.notes.some((note: string) => note === LEFT_OUT)).toBe(args[0] !== 'night');
    }
    // Named one by one, they are whatever who named them wants.
    const named = await cli(dir, 'trend', `${RUN}-leeds-1`, `${LATER}-leeds-1`, '--json');
    expect(JSON.parse(named.out)).toMatchObject({ notes: [], nights: [{}, {}] });
    // Those of one probe alone are of one place.
    const one = await cli(dir, 'trend', '--label', 'leeds-1 of *', '--json');
    expect(JSON.parse(one.out)).toMatchObject({ notes: [], nights: [{}, {}] });
    expect((await cli(dir, 'trend', '--label', '* of *')).err).toContain(LEFT_OUT);
    expect((await cli(dir, 'trend', '????? of *')).exitCode).toBe(2);
  });

  it('are on no line of the pages, and no cause changes from one to the next', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN);
    await keep(results, LATER);
    const ofFleet = await (await (await openSite(results)).get('/')).text();
    expect(ofFleet).not.toContain('Changes of cause');
    expect(ofFleet).not.toContain('run by run');
    expect(ofFleet).toContain(`Of trends, ${LEFT_OUT.replaceAll('"', '&quot;')}.`);
    expect(ofFleet).toContain('6 runs</h2>');
    for (const day of [2, 3]) await recordRun(results, 5, { startedAt: `2025-02-0${day}T01:30:00.000Z` });
    const both = await (await (await openSite(results)).get('/')).text();
    expect(both).not.toContain('Changes of cause');
    expect(both).toContain('The last 2 runs,');
    expect(both).toContain('6 runs of probes of a fleet are left out');
  });
});
