import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRegular } from '../bounded-file.ts';
import { EnvironmentError } from '../errors.ts';
import { makeFolder } from './make-folder.ts';
import { isAlive, markProcess } from './process-mark.ts';
import type { ProcessMark } from './run-info.ts';

/** In the results folder: one soak at a time writes there. */
const LOCK_FILE = 'soak.lock';
/** An empty file is being written, or was left by a power cut; its age tells which. */
const BEING_WRITTEN_MS = 3_000;
const MAX_BYTES = 2 ** 20;
/** Another may be taking the lock over just now: looked at again so often. */
const MAX_LOOKS = 200;
const LOOK_EVERY_MS = 25;

/** What a lock file says. */
export interface LockHolder {
  /** Of this taking; no two are the same. */
  readonly token: string;
  /** What it was taken for: the name of a soak, or of a scenario. */
  readonly what: string;
  /** RFC 3339, UTC. */
  readonly since: string;
  readonly process: ProcessMark;
  /** The run that it is about; absent until that has its folder. */
  readonly runId?: string;
  /** RFC 3339, UTC: when the soak is to end; absent until that is known. */
  readonly endsAt?: string;
}

export interface LockState extends LockHolder {
  /** False: its process was killed, or the machine lost its power, and the lock may be taken over. */
  readonly alive: boolean;
}

export interface Lock {
  /** The dead holder whose lock was taken over, if any: its work may be resumed. */
  readonly takenOver: LockHolder | undefined;
  /** Writes what the lock is for, so that others who find it can report it. */
  describe(about: Pick<LockHolder, 'runId' | 'endsAt'>): Promise<void>;
  /** Releases the lock, unless somebody else has taken it over. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a results folder (for a soak), of a run's folder (to resume it) or of what a probe has to send. The lock of a dead process is
 * taken over; if several processes try at once, one succeeds.
 * @param what the name of a soak, or of a scenario
 * @param taken creates the error if another process holds it
 * @throws EnvironmentError if a living process holds it, or the folder is not writable
 */
export async function acquireLock(
  resultsDir: string,
  what: string,
  taken: (holder: LockHolder) => EnvironmentError = isTaken,
): Promise<Lock> {
  const path = join(resultsDir, LOCK_FILE);
  const own: LockHolder = {
    token: randomUUID(),
    what,
    since: new Date().toISOString(),
    process: markProcess(),
  };
  try {
    await makeFolder(resultsDir);
    const before = await take(path, own, taken);
    return createLock(path, own, before);
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw new EnvironmentError(`cannot lock ${resultsDir} (${(cause as Error).message})`, {
      hint: 'choose a writable folder with --results DIR, or free disk space',
      cause,
    });
  }
}

/** Reads who holds the lock of a results folder, or held it when it died; undefined if it is free. */
export function readLock(resultsDir: string): Promise<LockState | undefined> {
  return read(join(resultsDir, LOCK_FILE));
}

function createLock(path: string, own: LockHolder, takenOver: LockHolder | undefined): Lock {
  let holder = own;
  return {
    takenOver,
    async describe(about) {
      holder = { ...holder, ...about };
      await replace(path, holder);
    },
    async release() {
      if ((await read(path))?.token === own.token) await rm(path, { force: true });
    },
  };
}

/**
 * Only the process that has claimed a dead holder's lock may replace it. A claim is itself a lock, named after the
 * token of the dead holder, so that only one process takes over from each. Having the claim, it checks again whether
 * the dead holder's lock is still there; until it gives the claim back, nobody else can replace that lock. The claim
 * of a process that dies is taken over in the same way.
 * @returns the dead holder, if there was one
 * @throws EnvironmentError if a living process holds the lock
 */
async function take(
  path: string,
  own: LockHolder,
  taken: (holder: LockHolder) => EnvironmentError,
): Promise<LockHolder | undefined> {
  for (let look = 1; ; look += 1) {
    if (await create(path, own)) return undefined;
    const there = await read(path);
    if (there === undefined) continue;
    if (there.alive && there.token !== '') throw taken(there);
    const claim = `${path}.${there.token}`;
    const isClaimed = there.token !== '' && (await takeClaim(claim, own));
    if (isClaimed) {
      try {
        if ((await read(path))?.token === there.token) {
          await replace(path, own);
          return there;
        }
      } finally {
        await rm(claim, { force: true });
      }
    } else if (look >= MAX_LOOKS) throw taken(there);
    else await sleep(LOOK_EVERY_MS);
  }
}

/** @returns false if a living process has the claim: it is about to take the lock, or to give the claim back */
async function takeClaim(claim: string, own: LockHolder): Promise<boolean> {
  try {
    await take(claim, own, isTaken);
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError) return false;
    throw error;
  }
}

/** Makes the file with all that it is to hold, or leaves the one that is there. */
async function create(path: string, holder: LockHolder): Promise<boolean> {
  const draft = `${path}.${holder.token}.new`;
  try {
    await write(draft, holder);
    await link(draft, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // FAT, as on a USB stick, has no links: what is read before it has been written counts as being written.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'ENOSYS') return createInPlace(path, holder);
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function createInPlace(path: string, holder: LockHolder): Promise<boolean> {
  try {
    await write(path, holder, 'wx');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(path: string, holder: LockHolder): Promise<void> {
  const draft = `${path}.${holder.token}.new`;
  try {
    await write(draft, holder);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function write(path: string, holder: LockHolder, flag = 'w'): Promise<void> {
  const file = await open(path, flag, 0o644);
  try {
    await file.writeFile(`${JSON.stringify(holder)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function read(path: string): Promise<LockState | undefined> {
  try {
    const text = await readRegular(path, MAX_BYTES);
    const holder = parse(text);
    return holder === undefined ? await readTorn(path) : { ...holder, alive: isHeld(holder.process) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<LockHolder> | null;
    const isWhole = typeof holder?.token === 'string' && typeof holder.process?.pid === 'number';
    return isWhole ? (holder as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A file left by a power cut has no content, so its inode and time serve as the token. Without a token it may still be
 * being written.
 */
async function readTorn(path: string): Promise<LockState> {
  const { ino, mtimeMs, mtime } = await stat(path);
  // A clock that was set back makes it older than now, too.
  const isNew = Math.abs(Date.now() - mtimeMs) < BEING_WRITTEN_MS;
  return {
    token: isNew ? '' : `torn-${ino}-${Math.round(mtimeMs)}`,
    what: 'unknown',
    since: mtime.toISOString(),
    process: { pid: 0, bootId: '', startTicks: '' },
    alive: isNew,
  };
}

/** A process that is hidden from this one (ProtectProc= in a unit, hidepid= of /proc) is not dead for that. */
function isHeld(mark: ProcessMark): boolean {
  if (isAlive(mark)) return true;
  const { bootId, startTicks } = markProcess(mark.pid);
  return startTicks === '' && bootId === mark.bootId && isSomebodyElses(mark.pid);
}

function isSomebodyElses(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isTaken({ process: { pid }, since, runId, what }: LockHolder): EnvironmentError {
  const id = runId === undefined ? '' : `, ${runId}`;
  return new EnvironmentError(`a soak is in progress (${what}: process ${pid}, since ${since}${id})`, {
    hint: 'wait until it ends, or stop it; "rushhour soak status" shows which one it is',
  });
}
