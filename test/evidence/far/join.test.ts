import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Joined, joinSides } from '../../../src/evidence/far/join.ts';
import { readFar, readFarAttempts } from '../../../src/store/far-files.ts';
import { collect, makeFolder } from '../../store/runs.ts';
import { makeWorld, type World, type WorldOptions } from './world.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

async function joinWorld(options: WorldOptions = {}): Promise<World & Joined> {
  const world = makeWorld(makeFolder(), options);
  const far = [[{ path: world.far, shown: 'seen-there.pcap' }]];
  const marker = options.keeps === 'nonce' ? 'ticket-4711' : undefined;
  return { ...world, ...(await joinSides(world.dir, { far, marker, nowMs: NOW_MS })) };
}

/** Attempts that were taken for another's. */
function wrongOf({ attempts, truth }: World & Joined): number[] {
  return attempts
    .filter(
      ({ by, external, attempt }) =>
        by !== null && truth.get(`${external!.address}:${external!.port}`) !== attempt,
    )
    .map(({ attempt }) => attempt);
}

it('tells of each kept attempt what became of its SYN, among many others at the far side', async () => {
  const joined = await joinWorld();
  const { attempts, summary, fates } = joined;
  expect(attempts.map(({ fate }) => fate)).toEqual(fates);
  expect(wrongOf(joined)).toEqual([]);
  const dropped = fates.filter((fate) => fate === 'not-seen').length;
  expect(summary.attempts).toEqual({
    ...{ kept: 180, captured: 180, matched: 180 - dropped },
    by: { isn: 180 - dropped },
  });
  expect(summary.farHandshakes).toBe(180 - dropped + 3 * 180);
  expect(summary.series['stress']).toMatchObject({
    fates: { frozen: { 'ack-lost': 20, 'not-seen': 20, 'syn-ack-lost': 20, unanswered: 20 } },
  });
  expect([summary.resetsInvented, summary.synAcksInvented]).toEqual([20, 20]);
  expect(summary.remarks).toEqual([]);
  const { us, uncertaintyUs } = summary.clockOffset!;
  expect(Math.abs(us - 3e6)).toBeLessThanOrEqual(uncertaintyUs);
  const mended = attempts[1]!;
  expect(mended.syns.map(({ answered, returned, fate }) => [answered, returned, fate])).toEqual([
    [['ack'], [], 'ack-lost'],
    [['syn-ack'], ['syn-ack'], 'syn-ack-returned'],
  ]);
  // Half a round trip after it left, on this machine's clock.
  expect(mended.syns[0]!.arrivedAtUs).toBeGreaterThan(0);
  expect(mended.syns[0]!.arrivedAtUs).toBeLessThan(20_000);
});

it('keeps what it found with the run, and replaces it when it is done again', async () => {
  const { dir, summary, attempts } = await joinWorld();
  expect(await readFar(dir)).toEqual({ kind: 'whole', value: summary });
  expect(await collect(readFarAttempts(dir))).toEqual(attempts);
  const world = makeWorld(makeFolder(), { seed: 2, count: 45 });
  const other = makeWorld(dir, { seed: 2, count: 45 });
  const again = await joinSides(dir, { far: [[{ path: other.far, shown: 'other' }]], nowMs: NOW_MS });
  expect(again.attempts).toHaveLength(world.fates.length);
  expect(await readFar(dir)).toEqual({ kind: 'whole', value: again.summary });
  expect(await collect(readFarAttempts(dir))).toEqual(again.attempts);
});

it.each([
  1, 2, 3,
])('finds nearly all, and none wrong, where the far capture lacks one packet in a hundred (seed %i)', async (seed) => {
  const joined = await joinWorld({ seed, count: 270, lackedShare: 0.01 });
  expect(wrongOf(joined)).toEqual([]);
  const found = joined.attempts.filter(
    ({ by, attempt }) => by !== null && joined.arrived.has(attempt),
  ).length;
  expect(found / joined.arrived.size).toBeGreaterThanOrEqual(0.99);
  expect(joined.summary.remarks.join(' ')).toMatch(/The far capture lacks packets/);
});

it('goes by timestamps where sequence numbers are rewritten, and then calls nothing unseen', async () => {
  const joined = await joinWorld({ keeps: 'timestamp' });
  expect(wrongOf(joined)).toEqual([]);
  const { summary, attempts } = joined;
  expect(summary.attempts.by).toEqual({ timestamp: summary.attempts.matched });
  expect(summary.attempts.matched / joined.arrived.size).toBeGreaterThanOrEqual(0.99);
  expect(summary.changes.isn).toBe(summary.attempts.matched);
  expect(attempts.filter(({ fate }) => fate === 'not-seen')).toEqual([]);
});

it('goes by the number in the request where nothing else is kept', async () => {
  const joined = await joinWorld({ keeps: 'nonce' });
  expect(wrongOf(joined)).toEqual([]);
  const { summary, arrived, attempts } = joined;
  expect(summary.attempts.by).toEqual({ nonce: arrived.size });
  expect(attempts.filter(({ by }) => by !== null).map(({ attempt }) => attempt)).toEqual([...arrived]);
});

it('says once what a far capture dropped', async () => {
  const world = makeWorld(makeFolder(), { count: 9, dropped: 34 });
  const far = [[{ path: world.far, shown: 'far.pcapng' }]];
  const { summary } = await joinSides(world.dir, { far, nowMs: NOW_MS });
  expect(summary.far[0]!.dropped).toBe(34);
  expect(summary.remarks.filter((remark) => remark.includes('34'))).toEqual([
    'far.pcapng lacks 34 packets that the capture dropped: counts are too low.',
  ]);
});

it('joins two far hosts, each by its own clock', async () => {
  const world = makeWorld(makeFolder(), { secondAheadMs: -7_000 });
  const far = [[{ path: world.far, shown: 'a.pcap' }], [{ path: world.second, shown: 'b.pcap' }]];
  const { summary, attempts } = await joinSides(world.dir, { far, nowMs: NOW_MS });
  expect(attempts.map(({ fate }) => fate)).toEqual(world.fates);
  expect(wrongOf({ ...world, summary, attempts })).toEqual([]);
  expect(summary.clockOffset).toBeNull();
  expect(summary.hosts).toMatchObject([
    { paths: ['a.pcap'], matched: 80, farHandshakes: 80 + 3 * 180 },
    { paths: ['b.pcap'], matched: 80, farHandshakes: 80 },
  ]);
  expect(summary.attempts.matched).toBe(160);
  for (const [index, ahead] of [3e6, -7e6].entries()) {
    const { us, uncertaintyUs } = summary.hosts![index]!.clockOffset!;
    expect(Math.abs(us - ahead)).toBeLessThanOrEqual(uncertaintyUs);
  }
  expect([summary.resetsInvented, summary.synAcksInvented]).toEqual([20, 20]);
  expect(summary.far.map(({ path }) => path)).toEqual(['a.pcap', 'b.pcap']);
  expect(summary.remarks).toEqual([]);
  expect(await readFar(world.dir)).toEqual({ kind: 'whole', value: summary });
});

it('calls nothing unseen where one of two far hosts was not captured all the time', async () => {
  const world = makeWorld(makeFolder(), { secondAheadMs: -7_000 });
  const other = makeWorld(makeFolder(), { count: 9, seed: 2 });
  const far = [world.far, world.second, other.far].map((path) => [{ path, shown: path }]);
  const { summary, attempts } = await joinSides(world.dir, { far, nowMs: NOW_MS });
  expect(attempts.filter(({ fate }) => fate === 'not-seen')).toEqual([]);
  expect(summary.attempts.matched).toBe(160);
  expect(summary.remarks.join(' ')).toContain(`No handshake of the run was found in ${other.far}: none`);
});

it('refuses a run without evidence, and a far side that is no capture', async () => {
  const { dir } = makeWorld(makeFolder(), { count: 9 });
  const bare = makeFolder();
  const options = { far: [[{ path: join(dir, 'seen-there.pcap'), shown: 'far' }]], nowMs: NOW_MS };
  await expect(joinSides(bare, options)).rejects.toThrow(/has no evidence of this side/);
  const lines = [{ path: join(dir, 'evidence.jsonl'), shown: 'lines' }];
  await expect(joinSides(dir, { ...options, far: [lines] })).rejects.toThrow(/^lines /);
  expect((await readFar(dir)).kind).toBe('missing');
});
