import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FleetSummary } from '../../../src/analysis/sites/types.ts';
import type { Frame } from '../../../src/metrics/types.ts';
import { findRun } from '../../../src/read/find-run.ts';
import { findFleetRun } from '../../../src/read/fleet/find.ts';
import { listFleetRuns, openFleetRun } from '../../../src/read/fleet/list.ts';
import { readFleetSummary } from '../../../src/read/fleet/summary.ts';
import { makeFolder } from '../../store/runs.ts';
import { keepFleet, type PlayedSecond, partOf, RUN, recordPart } from './fleets.ts';

async function summarise(results: string): Promise<FleetSummary> {
  const found = await findFleetRun(RUN, results);
  return readFleetSummary(found!);
}

/** Sums of the seconds in a folder, with no code of what is tested. */
function addFrames(dirs: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (key: string, count: number): void => {
    sums[key] = (sums[key] ?? 0) + count;
  };
  for (const dir of dirs) {
    for (const line of readFileSync(join(dir, 'frames.jsonl'), 'utf8').trim().split('\n')) {
      for (const [arm, counts] of Object.entries(JSON.parse(line).series as Frame['series'])) {
        for (const key of ['scheduled', 'started', 'unsent', 'established', 'completed', 'bytes'] as const)
          add(`${arm}.${key}`, counts[key]);
        for (const key of ['recovered', 'frozen', 'unresolved'] as const) add(`${arm}.stalled`, counts[key]);
        for (const [outcome, count] of Object.entries(counts.outcomes as Record<string, number>))
          add(`${arm}.${outcome}`, count);
      }
    }
  }
  return sums;
}

function flatten(arms: FleetSummary['all']['arms']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(arms).flatMap(([arm, sums]) => [
      ...(['scheduled', 'started', 'unsent', 'established', 'completed', 'bytes'] as const).map(
        (key) => [`${arm}.${key}`, sums[key]] as const,
      ),
      [`${arm}.stalled`, sums.stalled.count] as const,
      ...Object.entries(sums.outcomes).map(([outcome, count]) => [`${arm}.${outcome}`, count] as const),
    ]),
  );
}

const withoutZeros = (sums: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(sums).filter(([, count]) => count !== 0));

const second: fc.Arbitrary<PlayedSecond> = fc.record({
  ok: fc.nat({ max: 12 }),
  recovered: fc.nat({ max: 3 }),
  reset: fc.nat({ max: 2 }),
  unsent: fc.nat({ max: 2 }),
});

const probes = fc.array(
  fc.record({
    site: fc.constantFrom('leeds', 'york', undefined),
    firewall: fc.constantFrom('old', 'new', undefined),
    external: fc.constantFrom('192.0.2.1', '192.0.2.2', undefined),
    seconds: fc.array(second, { minLength: 1, maxLength: 4 }),
    isKilled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('sums of a fleet', () => {
  it('are those of the folders, exactly, for all, each site, external address, firewall and probe', async () => {
    await fc.assert(
      fc.asyncProperty(probes, async (recorded) => {
        const results = makeFolder();
        const dirs = new Map<string, string>();
        const parts = [];
        for (const [index, { site, firewall, external, seconds, isKilled }] of recorded.entries()) {
          const probe = `p-${index}`;
          const dir = await recordPart(results, probe, seconds);
          // As of a probe that was killed: its summary is made of its seconds.
          if (isKilled) await rm(join(dir, 'summary.json'));
          dirs.set(probe, dir);
          const labels = {
            ...(site !== undefined && { site }),
            ...(firewall !== undefined && { firewall }),
            ...(external !== undefined && { external }),
          };
          parts.push(partOf(probe, { labels }));
        }
        await keepFleet(results, parts);
        const { all, sites, externals, firewalls, probes: told } = await summarise(results);
        const groups = [all, ...sites, ...externals, ...firewalls];
        for (const { summed, probes: own, arms } of groups) {
          expect(summed).toEqual(own);
          const expected = addFrames(own.map((probe) => dirs.get(probe)!));
          expect(withoutZeros(flatten(arms))).toEqual(withoutZeros(expected));
        }
        for (const { probe, arms } of told)
          expect(withoutZeros(flatten(arms!))).toEqual(withoutZeros(addFrames([dirs.get(probe)!])));
        // Each probe is in just one group of each kind.
        for (const kind of [sites, ...[externals, firewalls].filter(({ length }) => length > 0)])
          expect(kind.flatMap(({ probes: own }) => own).sort()).toEqual(
            told.map(({ probe }) => probe).sort(),
          );
      }),
      { numRuns: 12 },
    );
  });

  it('name what is missing, and take nothing for healthy that is not there', async () => {
    const results = makeFolder();
    const seconds = Array.from({ length: 3 }, () => ({ ok: 5, recovered: 0, reset: 0, unsent: 0 }));
    await recordPart(results, 'a', seconds);
    await recordPart(results, 'torn', seconds);
    const damaged = await recordPart(results, 'damaged', seconds);
    writeFileSync(join(damaged, 'run.json'), '{');
    const false_ = await recordPart(results, 'false', seconds);
    const summary = JSON.parse(readFileSync(join(false_, 'summary.json'), 'utf8'));
    summary.arms.stress.started = 1.5;
    writeFileSync(join(false_, 'summary.json'), JSON.stringify(summary));
    await keepFleet(
      results,
      [
        partOf('a', { labels: { site: 'leeds' }, skewMs: 1.25, offset: { offsetMs: 1, errorMs: 0.5 } }),
        partOf('damaged'),
        partOf('false'),
        partOf('refused', { events: [{ kind: 'refused', reasons: ['too much'] }] }),
        partOf('silent', { events: [] }),
        partOf('torn', {
          copy: {
            ...{ hasEnded: false, differing: ['run.json'] },
            missing: [{ file: 'frames.jsonl', fromByte: 900_010, toByte: 900_020 }],
          },
        }),
      ],
      {
        absent: [
          { probe: 'gone', labels: { site: 'leeds' }, why: 'away' },
          { probe: 'mute', labels: {}, why: 'no-answer' },
        ],
      },
    );
    const { sites, probes: told, all, text } = await summarise(results);
    expect(all.summed).toEqual(['a', 'torn']);
    expect(all.arms['stress']?.started).toBe(30);
    const statuses = Object.fromEntries(sites.map(({ name, status }) => [name, status]));
    expect(statuses).toEqual({
      ...{ damaged: 'no-data', false: 'no-data', refused: 'no-data', silent: 'no-data', mute: 'no-data' },
      // Three seconds tell nothing of how much they vary.
      ...{ leeds: 'cannot-tell', torn: 'cannot-tell' },
    });
    expect(text).toBe(
      'No site can be judged beside others. Cannot tell: leeds, torn. Refused: refused. No data: damaged, false, mute, silent.',
    );
    expect(sites.find(({ name }) => name === 'leeds')?.unjudged).toEqual([
      { probe: 'a', why: 'too short to tell how much it varies' },
      { probe: 'gone', why: 'was away when the run was ordered' },
    ]);
    const trouble = Object.fromEntries(told.map((probe) => [probe.probe, probe.trouble]));
    expect(trouble).toEqual({
      ...{ a: [], refused: ['refused: too much'], silent: ['has not told how it ended'] },
      damaged: [expect.stringMatching(/^its folder cannot be read: .*run\.json: it is not JSON/)],
      false: ['its folder cannot be read: stress.started is no count'],
      torn: [
        'its folder has not arrived whole yet',
        'bytes 900010 to 900020 of frames.jsonl are missing',
        'run.json differs from what the probe has',
      ],
      gone: ['was away when the run was ordered'],
      mute: ['did not answer when the run was ordered'],
    });
    expect(told.find(({ probe }) => probe === 'a')?.start).toEqual({ skewMs: 1.25, errorMs: 0.5 });
  });

  it('say until the planned end of a run that it goes on, and of each probe that sends how far it is', async () => {
    const results = makeFolder();
    const startsAtMs = Date.UTC(2025, 0, 31, 6);
    const second = { ok: 10, recovered: 0, reset: 0, unsent: 0 };
    for (const [probe, count] of [
      ['a', 4],
      ['b', 10],
      ['c', 10],
    ] as const)
      await recordPart(results, probe, Array(count).fill(second));
    const accepted = { kind: 'accepted', attempts: 1 } as const;
    // By its own clock, which is an hour ahead.
    const started = { kind: 'started', folder: 'there', startedAtMs: startsAtMs + 3_600_000 } as const;
    const sending = {
      ...{ events: [accepted, started], offset: { offsetMs: 3_600_000, errorMs: 1 } },
      copy: { hasEnded: false, missing: [], differing: [] },
    };
    const labels = (site: string) => ({ labels: { site } });
    const dir = await keepFleet(results, [
      partOf('a', { ...labels('leeds'), ...sending }),
      partOf('b', { ...labels('york'), ...sending }),
      partOf('c', labels('hull')),
      // Nothing of it has arrived yet; and one was revoked meanwhile.
      partOf('d', { ...labels('bath'), events: [accepted, started], offset: sending.offset }),
      partOf('e', { ...labels('hull'), ...sending, isRevoked: true }),
    ]);
    const at = async (sec: number) =>
      readFleetSummary(await openFleetRun(dir), false, startsAtMs + sec * 1_000);
    const during = await at(5);
    expect(during.run.stage).toBe('running');
    expect(during.text).toBe(
      'Still running; so far: no site can be judged beside others. Cannot tell: hull, leeds, york. No data: bath.',
    );
    expect(during.probes.map(({ stage }) => stage)).toEqual([
      ...['running', 'running', 'over', 'running', 'over'],
    ]);
    expect(during.probes.map(({ trouble }) => trouble[0])).toEqual([
      'is still sending, by its plan: 4 of its 10 s are here',
      'has sent its load, and has not told yet that it ended',
      undefined,
      'is still sending, by its plan',
      'was revoked before it told how it ended: nothing more comes',
    ]);
    expect(during.probes.slice(0, 4).every(({ trouble }) => trouble.length <= 1)).toBe(true);
    // Of one that was silent at its planned end, nobody knows anything; one whose load is here may only have to tell.
    const after = await at(11);
    expect(after.probes.map(({ stage }) => stage)).toEqual(['over', 'running', 'over', 'running', 'over']);
    // Whatever is missing long after the planned end does not come by itself.
    const late = await at(600);
    expect(late.run.stage).toBe('over');
    expect(late.text).toMatch(/^No site can be judged/);
    expect(late.probes[0]?.trouble).toEqual([
      'has not told how it ended',
      'its folder has not arrived whole yet',
    ]);
    await keepFleet(results, [{ probe: 'a', labels: {}, events: [accepted] }], {
      id: '20250131-060000-later-k3f9',
    });
    const waiting = await openFleetRun(join(results, '20250131-060000-later-k3f9'));
    const early = await readFleetSummary(waiting, false, startsAtMs - 1_000);
    expect(early.text).toBe('Not begun yet: it begins at 2025-01-31 06:00:00 UTC.');
    expect(early.probes[0]).toMatchObject({ stage: 'waiting', status: 'accepted' });
    expect((await readFleetSummary(waiting, false, startsAtMs + 60_000)).run.stage).toBe('over');
  });

  it('say of a probe that failed, as on a full disk, how much of its load they are of', async () => {
    const results = makeFolder();
    const why = 'cannot write the summary (ENOSPC)';
    const events = partOf('a').events.map((event) =>
      event.kind === 'ended' ? { ...event, status: 'failed' as const, why } : event,
    );
    const second = { ok: 10, recovered: 0, reset: 0, unsent: 0 };
    const id = '20250131-070000-steady-k3f9';
    const parts = [partOf('a', { events }), partOf('b', { events }), partOf('c')];
    for (const [probe, count] of [
      ['a', 3],
      ['b', 10],
      ['c', 3],
    ] as const)
      await recordPart(results, probe, Array(count).fill(second), { id, status: 'failed' });
    const dir = await keepFleet(results, parts, { id });
    const { probes } = await readFleetSummary(await openFleetRun(dir));
    const short = 'only 3 of its 10 s are here: its figures are of these alone';
    expect(probes.map(({ trouble }) => trouble)).toEqual([
      [`failed (${why})`, short],
      [`failed (${why})`],
      [],
    ]);
  });

  it('says no more that something is missing once it has been put back', async () => {
    const results = makeFolder();
    const missing = [
      { file: 'frames.jsonl', fromByte: 0, toByte: 20 },
      { file: 'stalls.csv', fromByte: 4, toByte: 8 },
      { file: 'empty.txt', fromByte: 0, toByte: 0 },
      { file: '../a.txt', fromByte: 0, toByte: 1 },
    ];
    await keepFleet(results, [partOf('a', { copy: { hasEnded: true, differing: [], missing } })]);
    const troubles = async () => (await summarise(results)).probes[0]?.trouble;
    expect(await troubles()).toContain('bytes 0 to 20 of frames.jsonl are missing');
    const folder = await recordPart(results, 'a', [{ ok: 5, recovered: 1, reset: 0, unsent: 0 }]);
    // What never came before other bytes is a hole; and no name leads out of the folder.
    writeFileSync(join(folder, 'stalls.csv'), 'head\0\0\0\0tail');
    writeFileSync(join(folder, 'empty.txt'), '');
    writeFileSync(join(results, 'a.txt'), 'x');
    expect(await troubles()).toEqual([
      'bytes 4 to 8 of stalls.csv are missing',
      'bytes 0 to 1 of ../a.txt are missing',
    ]);
    writeFileSync(join(folder, 'stalls.csv'), 'head1234tail');
    expect(await troubles()).toEqual(['bytes 0 to 1 of ../a.txt are missing']);
  });

  it('are of the folders beside it, wherever both were moved to, and of no other', async () => {
    const results = makeFolder();
    await recordPart(results, 'a', [{ ok: 5, recovered: 1, reset: 0, unsent: 0 }]);
    const dir = await keepFleet(results, [partOf('a')]);
    const file = JSON.parse(readFileSync(join(dir, 'fleet.json'), 'utf8'));
    file.parts[0].dir = '/etc';
    writeFileSync(join(dir, 'fleet.json'), JSON.stringify(file));
    const elsewhere = join(makeFolder(), 'elsewhere');
    await mkdir(elsewhere);
    for (const name of [RUN, `${RUN}-a`]) await rename(join(results, name), join(elsewhere, name));
    const found = await findFleetRun(join(elsewhere, RUN), results);
    expect((await readFleetSummary(found!)).all.arms['stress']?.started).toBe(6);
    // And no probe leads out of the folder.
    file.parts[0].probe = '../../etc';
    writeFileSync(join(elsewhere, RUN, 'fleet.json'), JSON.stringify(file));
    await expect(findFleetRun(RUN, elsewhere)).rejects.toThrow(/is damaged: fleet\.json: parts\.0\.probe/);
  });
});

describe('finding the run of a fleet', () => {
  it('goes by id, by the start of one, and by folder', async () => {
    const results = makeFolder();
    const dir = await keepFleet(results, []);
    const other = '20250201-060000-steady-aaaa';
    await keepFleet(results, [], { id: other });
    for (const word of [RUN, '20250131', dir]) expect((await findFleetRun(word, results))?.dir).toBe(dir);
    expect(await findFleetRun('steady', results)).toBeUndefined();
    await expect(findFleetRun('2025', results)).rejects.toThrow('matches 2 runs of fleets');
    expect((await listFleetRuns(results)).map(({ file }) => file.id)).toEqual([RUN, other]);
  });

  it('leaves the folder of one probe to be found by its own name', async () => {
    const results = makeFolder();
    const dir = await recordPart(results, 'a', [{ ok: 1, recovered: 0, reset: 0, unsent: 0 }]);
    await recordPart(results, 'b', [{ ok: 1, recovered: 0, reset: 0, unsent: 0 }]);
    expect(await findRun(`${RUN}-a`, results)).toBe(dir);
  });
});
