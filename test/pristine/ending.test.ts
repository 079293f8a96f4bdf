import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findTool, suiteNeeding } from '../support/suite-needing.ts';

/** A checkout of the lane alone. */
let checkout: string;
/** A root of a shell and what it needs, as debootstrap would make one. */
let root: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'rushhour-pristine-'));
  mkdirSync(join(checkout, 'test'));
  cpSync(import.meta.dirname, join(checkout, 'test/pristine'), { recursive: true });
  root = join(checkout, 'root');
  for (const dir of ['proc', 'sys', 'dev', 'run', 'tmp', 'usr/bin'])
    mkdirSync(join(root, dir), { recursive: true });
  for (const tool of ['sh', 'sleep', 'env']) install(tool);
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** A program with its libraries, as ldd(1) lists them. */
function install(tool: string): void {
  const program = findTool(tool)!;
  cpSync(program, join(root, 'usr/bin', tool), { dereference: true });
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  for (const [library] of listed.matchAll(/\/\S+/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    cpSync(library, join(root, library), { dereference: true });
  }
}

/** A shell with the lane's functions; what it starts in the root says so in a file, then waits. */
function enter(script: string) {
  return spawn('bash', ['-c', `set -euo pipefail; here=$PWD/test/pristine; . "$here/common"; ${script}`], {
    cwd: checkout,
    stdio: 'ignore',
  });
}

/** Processes of this machine with a root folder in the checkout, and mounts that lie there. */
function leftovers(): { processes: number; mounts: number } {
  const processes = readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/root`) === root;
    } catch {
      return false;
    }
  });
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(checkout));
  return { processes: processes.length, mounts: mounts.length };
}

/** Processes of this machine that stand in a folder. */
function processesIn(dir: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(dir);
    } catch {
      return false;
    }
  }).length;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !condition(); tries += 1)
    await new Promise((done) => setTimeout(done, 20));
  expect(condition()).toBe(true);
}

suiteNeeding('a lane that is killed', ['linux', 'root', 'netns', 'setpriv', 'flock', 'ldd'], () => {
  it('by kill -9 leaves no process and no mount', async () => {
    const lane = enter(`in_root "${root}" /usr/bin/sh -c 'echo > /tmp/started; sleep 600'`);
    await until(() => existsSync(join(root, 'tmp/started')));
    expect(leftovers().processes).toBeGreaterThan(0);
    lane.kill('SIGKILL');
    await once(lane, 'close');
    await until(() => leftovers().processes === 0);
    expect(leftovers().mounts).toBe(0);
    expect(readdirSync(join(root, 'proc'))).toEqual([]);
  });

  it('by kill -9 in the midst of something leaves a folder alone, which the next one removes', async () => {
    // As run does: what is under way is two subshells away, as making a tarball is.
    const script = join(checkout, 'test/pristine/some-lane');
    writeFileSync(
      script,
      `set -euo pipefail; here=$PWD/test/pristine; . "$here/common"; . "$here/lane"; enclose "$@"; make_work
      if [ "$1" = long ]; then told=$( (echo >>begun; sleep 600) ); fi; echo "$work" >ended`,
    );
    const works = () =>
      readdirSync(join(checkout, '.cache/pristine')).filter((name) => name.startsWith('work.'));
    const lane = spawn('bash', [script, 'long'], { cwd: checkout, stdio: 'ignore' });
    await until(() => existsSync(join(checkout, 'begun')));
    lane.kill('SIGKILL');
    await once(lane, 'close');
    await until(() => processesIn(checkout) === 0);
    expect(works()).toHaveLength(1);
    const { status, stdout } = spawnSync('bash', [script, 'short'], { cwd: checkout, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.stringContaining('left by a run that was killed')]);
    expect(existsSync(join(checkout, 'ended'))).toBe(true);
    expect(works()).toEqual([]);
  });

  it('by SIGTERM removes its folder, too', async () => {
    const script = join(checkout, 'test/pristine/some-lane');
    writeFileSync(
      script,
      'set -euo pipefail; here=$PWD/test/pristine; . "$here/common"; . "$here/lane"; enclose; make_work; echo >begun; sleep 600',
    );
    const lane = spawn('bash', [script], { cwd: checkout, stdio: 'ignore' });
    await until(() => existsSync(join(checkout, 'begun')));
    lane.kill('SIGTERM');
    expect(await once(lane, 'close')).toEqual([143, null]);
    // The last of them is killed with the namespace of processes, which ends behind the lane.
    await until(() => processesIn(checkout) === 0);
    expect(readdirSync(join(checkout, '.cache/pristine'))).toEqual([]);
  });

  it('leaves a folder that the next one removes, but not that of one that runs', () => {
    const cache = join(checkout, '.cache/pristine');
    for (const name of ['work.dead', 'work.alive']) {
      mkdirSync(join(cache, name), { recursive: true });
      writeFileSync(join(cache, name, 'file'), '');
    }
    const { stdout } = spawnSync(
      'bash',
      [
        '-c',
        'set -euo pipefail; here=$PWD/test/pristine; . "$here/common"; exec 7<.cache/pristine/work.alive; flock 7; remove_stale',
      ],
      { cwd: checkout, encoding: 'utf8' },
    );
    expect(stdout).toContain('removing work.dead');
    expect(readdirSync(cache)).toEqual(['work.alive']);
  });
});
