import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diagnose } from '../../dist/analysis/causes/diagnose.js';
import { chooseEndpoints } from '../../dist/cli/flags/lab-endpoints.js';
import { describeFacts } from '../../dist/lab/addresses.js';
import { removeLab } from '../../dist/lab/down.js';
import { labEnvironment } from '../../dist/lab/enter.js';
import { Lab } from '../../dist/lab/lab.js';
import { spawnRecorded } from '../../dist/lab/launch.js';
import { readPreset } from '../../dist/lab/presets/index.js';
import { bringUp } from '../../dist/lab/up.js';
import { observeRun } from '../../dist/read/diagnosis.js';
import { fixedRun } from './fixed.mjs';
import { judge } from './judge.mjs';

const PROGRAM = join(import.meta.dirname, '../../bin/rushhour');

/** A session that takes three minutes and has not ended after so many is hung. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Tries the diagnosis on a cell: in a lab of its own, which is gone afterwards.
 *
 * @param {import('./types.d.mts').Cell} cell
 * @param {object} how
 * @param {readonly import('./types.d.mts').Sides[]} how.sides of one run, where what is run does not depend on them
 * @param {'adaptive' | 'fixed' | 'exhaustive'} how.session
 * @param {string} how.scratch an empty folder of its own, removed afterwards
 * @param {string} [how.keep] a folder that gets the run's records, but for its captures
 * @param {AbortSignal} how.signal
 */
export async function tryCell(cell, { sides, session, scratch, keep, signal }) {
  const startedMs = performance.now();
  const [scenario, ...flags] =
    session === 'fixed' ? fixedRun(cell) : adaptiveRun(cell, session === 'exhaustive');
  mkdirSync(scratch, { recursive: true });
  try {
    const { failed, resent } = await runInLab(cell, scenario, flags, {
      scratch,
      signal,
      hasFar: sides.includes('both'),
    });
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const run = await findRun(scratch);
    if (run === undefined) return sides.map((side) => ({ sides: side, seconds, failed }));
    const entries = [];
    for (const side of sides)
      entries.push({ sides: side, seconds, ...(await judgeRun(run, cell, side, resent)) });
    if (keep !== undefined)
      await cp(run, join(keep, `${cell.id.replace(' #', '-')}-${sides.join('-')}`), {
        recursive: true,
        // What was made of it is kept; the packets themselves are most of it.
        filter: (source) => !source.endsWith('/capture'),
      });
    return entries;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function findRun(results) {
  const dirs = (await readdir(results)).map((name) => join(results, name));
  return dirs.find((dir) => existsSync(join(dir, 'summary.json')));
}

function adaptiveRun({ ratePerSec }, isExhaustive) {
  const all = isExhaustive ? ['--set', 'adaptive.exhaustive=true'] : [];
  return ['diagnose', '--rate', `${ratePerSec}/s`, ...all];
}

async function judgeRun(dir, { causes, label }, sides, resent) {
  const { seen } = await observeRun(dir, sides);
  const diagnosis = diagnose(seen);
  const attempts = seen.arms.reduce((sum, { started }) => sum + started, 0);
  const { verdict, text } = diagnosis;
  const worth = judge(diagnosis, causes, label.includes('+'), resent);
  return { verdict, text, attempts, resent, ...worth };
}

async function runInLab(cell, scenario, flags, { scratch, signal, hasFar }) {
  const preset = readPreset(cell.argument);
  const endpoints = await chooseEndpoints(scenario, flags, scratch);
  const pac = cell.label.split('+').includes('dead-address') ? writePac(scratch) : undefined;
  const given = Object.entries(endpoints).flatMap(([name, value]) =>
    name === 'proxy' && pac !== undefined
      ? ['--pac', pac, '--spread']
      : [value].flat().flatMap((one) => [`--${name}`, one]),
  );
  const file = await bringUp(preset, { lifetime: 'with-owner' });
  try {
    signal.throwIfAborted();
    const args = [PROGRAM, 'run', scenario, ...flags, ...given, '--no-look', '--quiet', '--results', scratch];
    const argv = new Lab(file).client.enter([process.execPath, ...args]);
    // Without what the environment says of the lab, a run knows nothing of the far side.
    const env = {
      ...labEnvironment(file.state),
      ...(hasFar ? {} : { RUSHHOUR_LAB: '', RUSHHOUR_FAR_PROCESS: '' }),
    };
    const child = spawnRecorded(file, 'run', argv, {
      ...{ env, cwd: scratch, detached: true },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const { failed } = await follow(child, signal);
    return { failed, resent: await countResent(new Lab(file)) };
  } finally {
    await removeLab(file);
  }
}

/** What the kernels of both sides have sent again since the lab was built (RFC 4022, tcpRetransSegs): what did not arrive, or seemed so. */
async function countResent({ client, far }) {
  let resent = 0;
  for (const room of [client, far]) {
    const [names = [], values = []] = (await room.run('cat', '/proc/net/snmp'))
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    resent += Number(values[names.indexOf('RetransSegs')]);
  }
  return resent;
}

/** Users of two proxies, one of which is dead, have a script that names both. */
function writePac(folder) {
  const { proxy, dead } = describeFacts(1);
  const file = join(folder, 'proxy.pac');
  writeFileSync(file, `function FindProxyForURL() {\n  return 'PROXY ${proxy}; PROXY ${dead}';\n}\n`);
  return file;
}

/** The end of a run: its last words if it could not be run at all. */
function follow(child, signal) {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (complaint = (complaint + text).slice(-500)));
    const stop = () => child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    signal.addEventListener('abort', stop);
    child.once('close', (code, killedBy) => {
      clearTimeout(patience);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else resolve({ failed: complaint.trim() || `exit code ${code ?? killedBy}` });
    });
  });
}
