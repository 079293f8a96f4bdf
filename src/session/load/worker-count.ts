import type { EngineName } from '../../engine/names.ts';
import { ENGINES } from '../../engine/registry.ts';
import { peakPerSec } from '../../scenario/load-shape.ts';
import type { BrowserLoad } from '../../scenario/load-types.ts';
import type { Arm } from '../../scenario/types.ts';

/** What the number of threads depends on. */
export interface WorkerNeed {
  readonly engine: EngineName;
  readonly arms: readonly Arm[];
  readonly cores: number;
  /** `process.platform` and `process.arch` */
  readonly platform: string;
  readonly arch: string;
}

/** Microseconds that TLS adds to an attempt, measured in the same way as the engines' own cost. */
const TLS_US = 1_200;

/** The same for one browser request on an open connection. */
const BROWSER_REQUEST_US = 150;

/**
 * Assumed duration of a page, besides the pause after it. Browsers without a pause would otherwise make endless
 * requests.
 */
const PAGE_SEC = 1;

/** Maximum planned load of a worker: attempts that are due at the same moment have to wait for each other. */
const FULL_SHARE = 0.5;

/**
 * How much slower the cores of Linux on ARM are assumed to be: an estimate for a Raspberry Pi 4, the slowest supported
 * machine. A server's are faster, and get one worker more than they need.
 */
const SLOW_CORES: Readonly<Record<string, number>> = { arm: 4, arm64: 3 };

/**
 * Each worker has exclusive use of its share of an arm's ports: with fewer, one would wait for a port while others are
 * idle.
 */
const PORTS_A_WORKER = 64;

/** More have not been tested. */
const MOST = 8;

/**
 * How many threads generate load: one, unless the highest rate is more than one carries with ease. More would make a
 * small run differ from the same run elsewhere for no benefit. With three cores or more, one is left to the system.
 */
export function chooseWorkers({ engine, arms, cores, platform, arch }: WorkerNeed): number {
  const slowness = platform === 'linux' ? (SLOW_CORES[arch] ?? 1) : 1;
  const busyUs = arms.reduce((sum, arm) => sum + estimateBusyUs(arm, engine), 0) * slowness;
  const wanted = Math.ceil(busyUs / 1_000_000 / FULL_SHARE);
  return Math.max(1, Math.min(wanted, cores >= 3 ? cores - 1 : cores, mostByPorts(arms), MOST));
}

/** Microseconds of worker time that an arm needs each second at its peak. */
function estimateBusyUs(arm: Arm, engine: WorkerNeed['engine']): number {
  const { load } = arm;
  switch (load.kind) {
    // It runs as fast as it can: the number of workers is part of that load, and must not depend on the machine.
    case 'closed':
      return 0;
    case 'sweep':
      return load.ratePerSec * costOf(arm, engine);
    case 'open':
      return peakPerSec(load) * costOf(arm, engine);
    case 'browsers':
      return browsersBusyUs(load, costOf(arm, engine));
  }
}

/** Connections are opened once if they outlast the pause between two pages, and for each page if not. */
function browsersBusyUs(load: BrowserLoad, connectionUs: number): number {
  const pageSec = load.thinkUs / 1_000_000 + PAGE_SEC;
  const opened = load.idleUs > load.thinkUs ? 0 : Math.min(load.connections, load.page.objects);
  const pageUs = load.page.objects * BROWSER_REQUEST_US + opened * connectionUs;
  return (load.browsers * pageUs) / pageSec;
}

/** A challenge doubles the work, unless the connection is kept, which is not known in advance. */
function costOf({ via, tls, auth }: Arm, engine: WorkerNeed['engine']): number {
  const exchanges = 1 + (via === 'tunnel' ? 0.5 : 0) + (auth?.mode === 'challenge' ? 1 : 0);
  return ENGINES[engine].attemptUs * exchanges + (tls === undefined ? 0 : TLS_US);
}

/** Undivided ranges of explicitly bound ports limit how many workers may share them. */
function mostByPorts(arms: readonly Arm[]): number {
  const counts = arms.flatMap(({ source }) =>
    source?.ports === undefined ? [] : [source.ports.range.to - source.ports.range.from + 1],
  );
  return Math.floor(Math.min(...counts, MOST * PORTS_A_WORKER) / PORTS_A_WORKER);
}
