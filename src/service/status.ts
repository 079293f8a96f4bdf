import { basename, join } from 'node:path';
import { listAlone } from '../read/fleet/parts.ts';
import { type DamagedRun, listRuns, type RunListing } from '../read/listing.ts';
import { readStoredSummary } from '../read/summary.ts';
import { type LockState, readLock } from '../store/lock.ts';
import { readRunInfo } from '../store/read-info.ts';
import { formatClockChanges, localZone } from './clock-changes.ts';
import { isRunOf } from './earlier-start.ts';
import { unitNames } from './installation.ts';
import type { InstalledSoak } from './installed-soak.ts';
import type { Machine } from './machine.ts';
import type { FoundSoak } from './own-files.ts';
import { nextStart } from './schedule.ts';

/** One run of a soak. */
export interface PastSoak {
  readonly id: string;
  readonly startedAt: string;
  readonly status: RunListing['status'];
  /** null: no verdict. */
  readonly pass: boolean | null;
  readonly generatorLimited: boolean;
  /** Over all arms; null until there is a summary. */
  readonly stalled: number | null;
  readonly started: number | null;
  readonly bytes: number;
}

export interface SoakStatus extends FoundSoak {
  /** False: nothing will start it; null: unknown on this machine. */
  readonly armed: boolean | null;
  /** RFC 3339, UTC; null if nothing will start it. */
  readonly nextStart: string | null;
  /** What the next two changes of this machine's clocks do to it. */
  readonly clocks: readonly string[];
  /** The process that is writing to its results folder, or died doing so; null if there is none. */
  readonly lock: LockState | null;
  /** Whether that is a run of this soak. */
  readonly underWay: boolean;
  /** Oldest first. */
  readonly last: readonly PastSoak[];
  /** Of all runs in its results folder. */
  readonly bytes: number;
  /** What needs attention; empty if nothing does. */
  readonly attention: readonly string[];
}

/** @param last how many past runs to include */
export async function readSoakStatus(
  machine: Machine,
  installed: FoundSoak,
  nowMs: number,
  last: number,
): Promise<SoakStatus> {
  const { night } = installed;
  const damaged: DamagedRun[] = [];
  const [runs, lock] = await Promise.all([
    listRuns(night.results, (each) => damaged.push(each)),
    readLock(night.results),
  ]);
  const own = (await listAlone(runs, night.results)).filter((run) => isRunOf(night, run));
  const past = await Promise.all(own.slice(-last).map(describe));
  const armed = isArmed(machine, installed);
  const isOwn = lock !== undefined && (await concerns(night, lock));
  return {
    ...installed,
    armed,
    nextStart: armed === false ? null : nextStart(night, nowMs).toISOString(),
    clocks: formatClockChanges(localZone(), nowMs, night),
    lock: lock ?? null,
    underWay: isOwn && lock.alive,
    last: past,
    bytes: runs.reduce((sum, { bytes }) => sum + bytes, 0),
    attention: [
      ...judge(
        armed,
        past.findLast(({ status }) => status !== 'running'),
      ),
      ...damaged.map(({ dir, why }) => `${basename(dir)} is damaged: ${why.replace(/^.* is damaged: /, '')}`),
    ],
  };
}

/** Whether a soak was interrupted, by a kill or a power cut, and has time left. */
export async function canResume(night: InstalledSoak, nowMs: number): Promise<boolean> {
  const lock = await readLock(night.results);
  if (lock === undefined || lock.alive || lock.endsAt === undefined) return false;
  return Date.parse(lock.endsAt) > nowMs && concerns(night, lock);
}

async function concerns(night: InstalledSoak, { runId }: LockState): Promise<boolean> {
  if (runId === undefined) return false;
  const info = await readRunInfo(join(night.results, runId)).catch(() => undefined);
  return info !== undefined && isRunOf(night, { scenario: info.scenario.name, label: info.label });
}

async function describe(run: RunListing): Promise<PastSoak> {
  const summary = await readStoredSummary(run.dir);
  const arms = summary === undefined ? undefined : Object.values(summary.arms);
  return {
    id: run.id,
    startedAt: run.startedAt,
    status: run.status,
    pass: run.verdict?.pass ?? null,
    generatorLimited: run.verdict?.generatorLimited ?? false,
    stalled: arms?.reduce((sum, { stalled }) => sum + stalled.count, 0) ?? null,
    started: arms?.reduce((sum, { started }) => sum + started, 0) ?? null,
    bytes: run.bytes,
  };
}

/** cron starts whatever is in its folder. */
function isArmed(machine: Machine, { night, by }: FoundSoak): boolean | null {
  if (by === 'cron') return true;
  if (!machine.hasSystemd || machine.root !== '') return null;
  const [, timer] = unitNames(night);
  return machine.run(['systemctl', 'is-active', '--quiet', timer]).status === 0;
}

function judge(armed: boolean | null, last: PastSoak | undefined): string[] {
  const faults: string[] = [];
  if (armed === false) faults.push('its timer is not running: nothing will start it');
  if (last === undefined) return faults;
  if (last.status === 'interrupted') faults.push('the last soak was interrupted');
  else if (last.status === 'failed') faults.push('the last soak failed');
  else if (last.generatorLimited) faults.push('the last soak was generator-limited');
  else if (last.pass === false) faults.push('the last soak did not pass');
  return faults;
}
