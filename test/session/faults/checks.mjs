/** What a soak must have recorded, whatever befell it; each as what was found and what was wanted. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readStoredSummary, rebuildSummary } from '../../../dist/read/summary.js';
import { readFrames, readRunInfo } from '../../../dist/store/read-info.js';
import { readEvents } from '../../../dist/store/session-events.js';
import { FAR } from './site.mjs';

const COUNTS = ['scheduled', 'started', 'unsent', 'established', 'completed', 'requests', 'healed', 'bytes'];
const FATES = ['recovered', 'frozen', 'unresolved'];

/** Events that say that nothing was recorded while they lasted. */
const GAPS = ['begun', 'resumed', 'restarted'];

/** Seconds that a kill may cost: the one under way, and one that was over and not written yet. */
const LOST_SEC = 2;

/** Puts together what the soak's folder, the far side and the script itself know. */
export async function gather(facts, { accepted, points, refused }) {
  const { dir } = facts;
  const [info, summary, rebuilt, events] = await Promise.all([
    readRunInfo(dir),
    readStoredSummary(dir),
    rebuildSummary(dir),
    readEvents(dir),
  ]);
  const frames = [];
  for await (const frame of readFrames(dir)) frames.push(frame);
  const night = points.filter(({ key }) => key.includes(`run=${info.id},`) || key.endsWith(`run=${info.id}`));
  return {
    facts,
    info,
    summary,
    rebuilt,
    events,
    frames,
    accepted: ofNight(accepted, info, frames),
    points: night,
    refused,
  };
}

/** Another soak may have followed. */
function ofNight(accepted, { startedAt }, frames) {
  const endMs = Date.parse(startedAt) + (frames.at(-1).second + 1) * 1_000;
  return accepted.map(([atMs, address]) => ({ atMs, address })).filter(({ atMs }) => atMs < endMs);
}

export const CHECKS = [
  [
    'each second stands there once, in order',
    ({ frames }) => {
      const found = frames.map(({ second }) => second);
      return { found, wanted: [...new Set(found)].sort((a, b) => a - b) };
    },
  ],
  [
    'no second is missing but where an event, or the second before, says that none was recorded',
    (night) => {
      return { found: leaveOutStarved(findMissing(night), night), wanted: [] };
    },
  ],
  [
    'the summary holds the sums of the seconds',
    ({ summary, frames }) => {
      const arms = Object.entries(summary.arms);
      return {
        found: arms.map(([name, arm]) => [name, countsOf(arm), arm.stalled.count, arm.outcomes]),
        wanted: arms.map(([name]) => {
          const sum = sumSeries(frames, name);
          return [name, countsOf(sum), stalledOf(sum), sum.outcomes];
        }),
      };
    },
  ],
  [
    'the summary can be made again from its files',
    ({ summary, rebuilt }) => ({ found: rebuilt, wanted: summary }),
  ],
  [
    'the database has each second once, and the same sums',
    ({ frames, points, refused }) => {
      const names = seriesOf(frames);
      return {
        found: {
          refused: refused.slice(0, 3),
          seconds: points.filter(({ key }) => key.startsWith('rushhour_run,')).length,
          changed: points.filter(({ isSame }) => !isSame),
          sums: names.map((name) => [name, sumPoints(points, name)]),
        },
        wanted: {
          refused: [],
          seconds: frames.length,
          changed: [],
          sums: names.map((name) => {
            const sum = sumSeries(frames, name);
            return [name, { ...countsOf(sum), stalled: stalledOf(sum) }];
          }),
        },
      };
    },
  ],
  [
    'what the far side accepted is recorded, but for what was under way at a kill',
    (night) => {
      const { missing, atLeast, atMost } = compareAccepted(night);
      return {
        found: { tooMany: Math.max(0, atLeast - missing), lost: Math.max(0, missing - atMost) },
        wanted: { tooMany: 0, lost: 0 },
      };
    },
  ],
  [
    'a kill loses the second under way',
    (night) => {
      return { found: lostAtKills(night).filter((seconds) => seconds > LOST_SEC), wanted: [] };
    },
  ],
  [
    'stalls are the connections that lost their SYNs, and no others',
    ({ facts, frames }) => ({
      found: sumMeasured(frames, stalledOf),
      wanted: facts.lost,
    }),
  ],
  [
    'a proxy that is down refuses, and stalls nothing',
    ({ frames }) => ({
      found: sumMeasured(frames, ({ outcomes }) => outcomes['handshake-refused'] ?? 0) > 0,
      wanted: true,
    }),
  ],
  [
    'everything that happened was noted, and is over',
    ({ events, facts }) => {
      const exactly = { begun: 1, resumed: facts.kills.length, 'disk-full': 1, ended: 1 };
      const least = {
        'clock-stepped': 2,
        'address-changed': 1,
        'far-end-moved': 1,
      };
      Object.assign(least, { 'link-down': facts.cuts, 'sink-away': 1 });
      const count = (kind) => events.filter((event) => event.kind === kind).length;
      return {
        found: {
          missing: Object.keys(least).filter((kind) => count(kind) < least[kind]),
          miscounted: Object.keys(exactly).filter((kind) => count(kind) !== exactly[kind]),
          lasting: events.filter(({ toSec }) => toSec === null),
        },
        wanted: { missing: [], miscounted: [], lasting: [] },
      };
    },
  ],
  [
    'load goes on at the address that the name has moved to',
    ({ summary }) => ({
      found: Object.values(summary.arms).map(
        ({ endpoints }) => (endpoints[`${FAR[1]}:3128`]?.established ?? 0) > 0,
      ),
      wanted: [true, true],
    }),
  ],
  [
    'what a full disk kept waiting was written later, and nothing lost that stood',
    (night) => {
      const { events, facts, frames } = night;
      const { fromSec, toSec } = events.find(({ kind }) => kind === 'disk-full');
      const there = new Set(frames.map(({ second }) => second));
      const meanwhile = Array.from({ length: toSec - fromSec }, (_, index) => fromSec + index);
      // Of a second in which there was no load nothing had to wait.
      const late = meanwhile.filter((second) => !there.has(second));
      return {
        found: {
          gone: facts.framesBefore.filter((second) => !there.has(second)),
          late: leaveOutStarved(late, night),
          stood: facts.framesWhileFull.filter((second) => second > fromSec && second < toSec),
        },
        wanted: { gone: [], late: [], stood: [] },
      };
    },
  ],
  [
    'as many files are kept as the last hour takes, and none once it is over',
    ({ facts, info }) => ({
      found: [
        facts.recentFiles <= 2 * (Math.ceil(3_600 / (info.soak.windowSec * 10)) + 2),
        existsSync(join(facts.dir, 'recent')),
      ],
      wanted: [true, false],
    }),
  ],
  [
    'a signal ends it gently',
    ({ facts, summary }) => ({
      found: {
        exitCode: facts.exitCode,
        status: summary.run.status,
        abandoned: sumOutcome(summary, 'abandoned'),
      },
      wanted: { exitCode: 130, status: 'interrupted', abandoned: 0 },
    }),
  ],
];

/** For people. */
export function figuresOf(night) {
  const { facts, frames, summary, events } = night;
  const { missing, atLeast, atMost } = compareAccepted(night);
  const kinds = {};
  for (const { kind } of events) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return {
    seconds: frames.length,
    missingSec: summary.soak.missingSec,
    setAsideSec: summary.soak.setAsideSec,
    windows: summary.soak.windows,
    accepted: night.accepted.length,
    established: night.accepted.length - missing,
    lostAtKills: missing,
    inTheGaps: [atLeast, atMost],
    lostSecByKill: lostAtKills(night).map((seconds) => Number(seconds.toFixed(2))),
    lostSyns: facts.lost,
    stalled: sumMeasured(frames, stalledOf),
    stalledSetAside: seriesOf(frames)
      .filter((name) => name.endsWith('~aside'))
      .reduce((sum, name) => sum + stalledOf(sumSeries(frames, name)), 0),
    starvedSec: starvedSec(night),
    generatorLimited: summary.verdict.limitedBy ?? [],
    refused: sumMeasured(frames, ({ outcomes }) => outcomes['handshake-refused'] ?? 0),
    healed: sumMeasured(frames, ({ healed }) => healed),
    points: night.points.length,
    pointsToldAgain: night.points.filter(({ times }) => times > 1).length,
    events: kinds,
  };
}

function findMissing({ frames }) {
  const there = new Set(frames.map(({ second }) => second));
  const last = frames.at(-1).second;
  return Array.from({ length: last + 1 }, (_, second) => second).filter((second) => !there.has(second));
}

/** Each gap has an event that tells from where to where nothing was recorded, however long that took. */
function isExcused(second, { events }) {
  return events.some(
    ({ kind, fromSec, toSec }) => GAPS.includes(kind) && second >= fromSec && second < toSec,
  );
}

function starvedSec({ frames }) {
  return frames.reduce((sum, { starvedSec = 0 }) => sum + starvedSec, 0);
}

/**
 * What is left of missing seconds without those that an event excuses and those in which this machine was too busy to run
 * a worker: a window keeps how many those were, not which, so that a second may be of its window or the one before.
 */
function leaveOutStarved(missing, night) {
  const { windowSec } = night.info.soak;
  const windowOf = (second) => Math.floor(second / windowSec);
  const starved = new Map();
  for (const { second, starvedSec = 0 } of night.frames)
    starved.set(windowOf(second), (starved.get(windowOf(second)) ?? 0) + starvedSec);
  return missing
    .filter((second) => !isExcused(second, night))
    .filter((second) => {
      const window = [windowOf(second), windowOf(second) - 1].find((at) => (starved.get(at) ?? 0) > 0);
      if (window !== undefined) starved.set(window, starved.get(window) - 1);
      return window === undefined;
    });
}

/**
 * How late, in seconds, a worker or the far side may have taken note of a connection that came about at the edge of a gap: a
 * tenth of a second on a quiet machine, and as much more as starts were late at the worst.
 */
function edgeSec({ summary: { latenessUs } }) {
  return Math.min(1, 0.1 + latenessUs.max / 1_000_000);
}

/**
 * @returns accepted but not recorded; and how many, at least and at most, were accepted from the last second that is recorded
 *   of a process until the load of the next one began
 */
function compareAccepted(night) {
  const { accepted, frames, events, info } = night;
  const established = seriesOf(frames).reduce((sum, name) => sum + sumSeries(frames, name).established, 0);
  const startedMs = Date.parse(info.startedAt);
  const gaps = events.filter(({ kind }) => kind === 'resumed');
  const edge = edgeSec(night);
  const count = (by) =>
    accepted.filter(({ atMs }) => {
      const second = (atMs - startedMs) / 1_000;
      return gaps.some(({ fromSec, toSec }) => second >= fromSec - by && second < toSec + by);
    }).length;
  return { missing: accepted.length - established, atLeast: count(-edge), atMost: count(edge) };
}

/** Seconds that were over, or under way, as it was killed, and that no line tells of. */
function lostAtKills({ facts, info }) {
  const startedMs = Date.parse(info.startedAt);
  return facts.kills.map(({ atMs, lastSecond }) => (atMs - startedMs) / 1_000 - (lastSecond + 1));
}

function seriesOf(frames) {
  return [...new Set(frames.flatMap(({ series }) => Object.keys(series)))].sort();
}

function sumSeries(frames, name) {
  const sum = { outcomes: {} };
  for (const key of [...COUNTS, ...FATES]) sum[key] = 0;
  for (const { series } of frames) {
    const counts = series[name];
    if (counts === undefined) continue;
    for (const key of [...COUNTS, ...FATES]) sum[key] += counts[key] ?? 0;
    for (const [outcome, count] of Object.entries(counts.outcomes))
      sum.outcomes[outcome] = (sum.outcomes[outcome] ?? 0) + count;
  }
  return sum;
}

/** @param figure of a series' sums */
function sumMeasured(frames, figure) {
  const names = seriesOf(frames).filter((name) => !name.includes('~'));
  return names.reduce((sum, name) => sum + figure(sumSeries(frames, name)), 0);
}

function sumPoints(points, name) {
  const [arm, phase = 'measured'] = name.split('~');
  const sum = Object.fromEntries([...COUNTS, 'stalled'].map((key) => [key, 0]));
  for (const { key, fields } of points) {
    if (
      !key.startsWith('rushhour,') ||
      !key.includes(`arm=${arm},`) ||
      !/phase=(\w+)/.exec(key) ||
      /phase=(\w+)/.exec(key)[1] !== phase
    )
      continue;
    for (const field of Object.keys(sum)) sum[field] += fields[field];
  }
  return sum;
}

function sumOutcome({ arms }, outcome) {
  return Object.values(arms).reduce((sum, { outcomes }) => sum + (outcomes[outcome] ?? 0), 0);
}

function countsOf(sum) {
  return Object.fromEntries(COUNTS.map((key) => [key, sum[key]]));
}

function stalledOf(sum) {
  return FATES.reduce((total, fate) => total + sum[fate], 0);
}
