import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { FleetFile, FleetFilePart } from '../../src/store/fleet-file.ts';
import { markReceiving } from '../../src/store/receiving-mark.ts';
import { keepFleet, partOf, RUN, recordPart } from '../read/fleet/fleets.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const LATER = '20250201-060000-steady-p7wm';
const DAY_MS = 86_400_000;
const SECOND = [{ ok: 1, recovered: 0, reset: 0, unsent: 0 }];
const STARTS_MS: Readonly<Record<string, number>> = {
  [RUN]: Date.UTC(2025, 0, 31, 6),
  [LATER]: Date.UTC(2025, 1, 1, 6),
};

async function cli(dir: string, days: number, ...args: string[]) {
  const host = createFakeHost({ cwd: dir, nowMs: Date.UTC(2025, 1, 1, 6) + days * DAY_MS, columns: 200 });
  const exitCode = await runCli([...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

const prune = (dir: string, ...args: string[]) => cli(dir, 1, 'results', 'prune', ...args);

async function keep(results: string, id: string, parts: readonly FleetFilePart[]): Promise<void> {
  for (const { probe } of parts) await recordPart(results, probe, SECOND, { id });
  const startsAtMs = STARTS_MS[id] ?? 0;
  await keepFleet(results, parts, { id, startsAtMs } satisfies Partial<FleetFile>);
}

it('removes a fleet’s run with the folders of its probes, as one, and counts it as one', async () => {
  const dir = makeFolder();
  const results = join(dir, 'results');
  await keep(results, RUN, [partOf('a'), partOf('b')]);
  await keep(results, LATER, [partOf('a'), partOf('b')]);
  const looked = await prune(dir, '--keep', '1', '--dry-run');
  expect(looked.out).toMatch(new RegExp(`^${RUN} .* complete .* fleet of 2`, 'm'));
  expect(looked.out).toMatch(/^To remove: 1 run, [^;]*; 1 run, .* would remain\.$/m);
  expect(readdirSync(results)).toHaveLength(6);
  expect((await prune(dir, '--keep', '1', '--yes')).out).toMatch(/Removed 1\.\n$/);
  expect(readdirSync(results).sort()).toEqual([LATER, `${LATER}-a`, `${LATER}-b`]);
  // What flags leave out is not counted; one probe alone is no run of its own.
  expect((await prune(dir, '--older-than', '1h', '--yes', '--label', 'a of *')).out).toContain(
    'To remove: 0 runs',
  );
  expect((await prune(dir, '--older-than', '1h', '--yes', '--label', '* of *')).out).toContain('Removed 1.');
  expect(readdirSync(results)).toEqual([]);
});

it('keeps a fleet’s run that is noted at a probe, or not here whole while the server may have the rest', async () => {
  const dir = makeFolder();
  const results = join(dir, 'results');
  const missing = [{ file: 'frames.jsonl', fromByte: 1, toByte: 2 }];
  await keep(results, RUN, [partOf('a'), partOf('b', { copy: { hasEnded: true, missing, differing: [] } })]);
  await keep(results, LATER, [
    partOf('a', { events: [{ kind: 'refused', reasons: ['no'] }] }),
    // Given up by the probe: it does not come any more.
    partOf('b', {
      copy: { hasEnded: true, missing: [{ ...missing[0]!, isGivenUp: true }], differing: [] },
    }),
  ]);
  const first = await prune(dir, '--older-than', '1h', '--dry-run');
  expect(first.out).toContain(`stays: ${RUN} (not received whole yet)`);
  expect(first.out).toContain('To remove: 1 run');
  await cli(dir, 1, 'results', 'note', `${LATER}-b`, 'ticket 4711');
  const noted = await prune(dir, '--older-than', '1h', '--yes', '--unsent');
  expect(noted.out).toContain(`stays: ${LATER} (${LATER}-b: noted: ticket 4711)`);
  expect(readdirSync(results).sort()).toEqual([LATER, `${LATER}-a`, `${LATER}-b`]);
  await keep(results, RUN, [partOf('a', { events: [] })]);
  // The server has nothing more of it.
  const old = await cli(dir, 31, 'results', 'prune', '--older-than', '30d', '--yes');
  expect(old.out).toContain('Removed 1.');
  expect(existsSync(join(results, RUN))).toBe(false);
});

it('keeps what is being received, also before anything says of which probes it is', async () => {
  const dir = makeFolder();
  const results = join(dir, 'results');
  await keep(results, RUN, [partOf('a')]);
  rmSync(join(results, RUN), { recursive: true });
  const taken = await markReceiving(join(results, RUN));
  const during = await prune(dir, '--older-than', '1h', '--yes');
  expect(during.out).toContain('(being received from its fleet)');
  expect(readdirSync(results).sort()).toEqual([RUN, `${RUN}-a`]);
  await keepFleet(results, [partOf('a')]);
  expect((await prune(dir, '--older-than', '1h', '--yes')).out).toContain('(being received from its fleet)');
  await taken();
  expect(readdirSync(join(results, RUN))).toEqual(['fleet.json']);
  // One that was killed receives nothing any more.
  const process = { pid: 1, bootId: 'earlier', startTicks: '1' };
  writeFileSync(join(results, RUN, 'receiving-1.json'), JSON.stringify({ schema: 1, process }));
  expect((await prune(dir, '--older-than', '1h', '--yes')).out).toContain('Removed 1.');
  expect(readdirSync(results)).toEqual([]);
});

it('takes a folder of another name for no run of a fleet: it says nothing about those beside it', async () => {
  const dir = makeFolder();
  const results = join(dir, 'results');
  await keep(results, LATER, [partOf('a')]);
  await keepFleet(results, [partOf('060000-steady-p7wm-a')], { id: 'other' });
  const { renameSync } = await import('node:fs');
  renameSync(join(results, 'other'), join(results, '20250201'));
  expect((await prune(dir, '--keep', '1', '--dry-run')).out).toContain('To remove: 0 runs');
});
