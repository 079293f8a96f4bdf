/** What has to hold of a run, whatever befell it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOAD } from './site.mjs';

/** Frames are written once a second: so many seconds before a kill may be in none. */
const UNRECORDED_SEC = 4;
const PLANNED = LOAD.perSec * LOAD.seconds;

/**
 * What a run came to at each probe: as its probe has it, as the operator has it, and as the far side counted.
 * @param received of `befall`
 */
export async function gather(site, { id, last, faults, pulls }) {
  const counted = await site.countAtFarSide();
  const answer = last.out === '' ? undefined : JSON.parse(last.out);
  const parts = site.probes.map((probe) => {
    const part = answer?.parts.find((each) => each.probe === probe);
    const folders = foldersOf(join(site.dir, probe), id);
    const own = folders[0] === undefined ? undefined : filesOf(folders[0]);
    const copy = filesOf(join(site.dir, 'results', `${id}-${probe}`));
    const ended = part?.events.find(({ kind }) => kind === 'ended' || kind === 'refused');
    const isAbsent = answer?.absent.some((each) => each.probe === probe);
    // Before its load, a process connects once to see whether anything answers; one that was killed has done so, too.
    const checks = 1 + faults.filter((fault) => fault.kind === 'kill-probe' && fault.probe === probe).length;
    const { opened, answered } = counted.get(probe);
    return {
      ...{ checks, opened, answered },
      ...{ probe, folders: folders.length, own, copy, part, sums: sumsOf(copy) },
      // It was not reached, and is asked for nothing.
      outcome: isAbsent ? 'absent' : (ended?.status ?? ended?.kind ?? 'unknown'),
    };
  });
  return { id, faults, pulls, parts, summary: answer?.summary, code: last.code, said: last.err };
}

const CHECKS = [
  ['what became of it is told', ({ outcome }) => outcome !== 'unknown'],
  ['an order is played once at most', ({ folders }) => folders <= 1],
  ['who was not reached sends nothing', ({ outcome, opened }) => outcome !== 'absent' || opened === 0],
  [
    'what arrived is what the probe has, byte for byte, or is named as missing',
    ({ own, copy, part }) => {
      if (own === undefined) return Object.keys(copy).length === 0;
      const named = new Set((part?.copy?.missing ?? []).map(({ file }) => file));
      return Object.entries(own).every(([file, text]) => named.has(file) || copy[file] === text);
    },
  ],
  [
    'nothing arrived that the probe does not have',
    ({ own = {}, copy }) => Object.keys(copy).every((file) => file in own),
  ],
  ['nothing is missing or differs', ({ own, part }) => own === undefined || isWhole(part)],
  ['no second is lost or doubled', ({ copy }) => hasEverySecond(framesOf(copy))],
  ['no attempt was made beyond the plan', ({ opened, checks }) => opened <= checks + PLANNED],
  [
    'a run that completed has the sums that the far side counted',
    ({ outcome, sums, opened, answered, checks }) =>
      outcome !== 'complete' ||
      (isChecked(opened - sums.started, checks) &&
        sums.completed <= answered &&
        answered <= sums.established),
  ],
  [
    'a run that completed made all planned attempts, or says which were unsent',
    ({ outcome, sums }) => outcome !== 'complete' || sums.started + sums.unsent === PLANNED,
  ],
  [
    'of a run that was cut short, only what was in no second yet is in no sum',
    ({ sums, opened, checks }) =>
      sums.started <= opened && opened - sums.started - checks <= UNRECORDED_SEC * LOAD.perSec,
  ],
];

/** @returns each that does not hold, in words */
export function judge({ parts, summary, id, said }) {
  const failed = parts.flatMap((part) =>
    CHECKS.filter(([, holds]) => !holds(part)).map(
      ([title]) => `${id} ${part.probe}: ${title}: ${JSON.stringify(briefly(part))}`,
    ),
  );
  if (summary === undefined) return [`${id}: no summary came: ${said.slice(-500)}`, ...failed];
  const all = summary.all.arms.web;
  const sum = (key) =>
    parts.reduce((total, { copy }) => total + sumsOf(copy, (name) => name === 'web')[key], 0);
  for (const key of ['started', 'completed'])
    if ((all?.[key] ?? 0) !== sum(key))
      failed.push(`${id}: ${key} of the summary ${all?.[key]}, of the folders ${sum(key)}`);
  return failed;
}

/** For a line of a journal. */
export function briefly({ own: _own, copy, part, ...others }) {
  return { ...others, seconds: secondsOf(copy).length, copy: part?.copy, events: part?.events };
}

const isChecked = (unaccounted, checks) => unaccounted >= 1 && unaccounted <= checks;

/** Seconds in which the machine let nothing run are counted by the frame before them, which may be one of them. */
function hasEverySecond(frames) {
  return frames.every(({ second }, index) => {
    const before = frames[index - 1];
    if (before === undefined) return second === 0;
    const [gap, { starvedSec = 0 }] = [second - before.second, before];
    return gap === starvedSec + 1 || (starvedSec > 0 && gap === starvedSec);
  });
}

function isWhole(part) {
  const { hasEnded, missing, differing } = part?.copy ?? { hasEnded: false };
  return hasEnded && missing.length === 0 && differing.length === 0;
}

/** Its label names the run of the fleet. */
function foldersOf(dir, id) {
  return readdirSync(dir)
    .filter((name) => !name.startsWith('.'))
    .map((name) => join(dir, name))
    .filter((folder) => {
      try {
        return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).label.includes(id);
      } catch {
        return false;
      }
    });
}

function filesOf(folder) {
  try {
    return Object.fromEntries(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
        .map(({ name }) => [name, readFileSync(join(folder, name), 'latin1')]),
    );
  } catch {
    return {};
  }
}

function framesOf({ 'frames.jsonl': text = '' }) {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function secondsOf(files) {
  return framesOf(files).map(({ second }) => second);
}

/** Of the frames, with no code of what is tested. @param isMeant by the name of a series: `web`, and `web~` with what does not count */
function sumsOf(files, isMeant = () => true) {
  const sums = { started: 0, established: 0, completed: 0, unsent: 0 };
  for (const { series } of framesOf(files))
    for (const [name, counts] of Object.entries(series))
      if (isMeant(name)) for (const key of Object.keys(sums)) sums[key] += counts[key];
  return sums;
}
