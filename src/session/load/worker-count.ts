import type { EngineName } from '../../engine/names.ts';
import { ENGINES } from '../../engine/registry.ts';
import { peakPerSec } from '../../scenario/load-shape.ts';
import type { Arm, BrowserLoad } from '../../scenario/types.ts';

/** What the number of threads depends on. */
export interface WorkerNeed {
  readonly engine: EngineName;
  readonly arms: readonly Arm[];
  readonly cores: number;
  /** `process.platform` and `process.arch` */
  readonly platform: string;
  readonly arch: string;
}

/** Microseconds that TLS adds to an attempt, measured as what an engine's attempt takes. */
const TLS_US = 1_200;

/** The same for one request of a browser, over a connection that is open. */
const BROWSER_REQUEST_US = 150;

/** What a page is taken to need besides its reader's pause. Browsers of no pause would else ask without end. */
const PAGE_SEC = 1;

/** So much of a worker is planned for at most: what is due at the same moment has to wait in turn. */
const FULL_SHARE = 0.5;

/**
 * How much longer the cores of Linux on ARM take: those of a Raspberry Pi 4, which is the slowest that is meant. An
 * estimate; a server's are faster, and get a worker more than they need.
 */
const SLOW_CORES: Readonly<Record<string, number>> = { arm: 4, arm64: 3 };

/** Each worker has its share of an arm's ports to itself: with fewer, one would wait for a port while others rest. */
const PORTS_A_WORKER = 64;

/** More have not been tried. */
const MOST = 8;

/**
 * How many threads are to generate load: one, unless the highest rate is more than one carries at ease. More would make a
 * small run differ from the same run elsewhere for nothing. From three cores on, one is left to the system.
 */
export function chooseWorkers({ engine, arms, cores, platform, arch }: WorkerNeed): number {
  const slowness = platform === 'linux' ? (SLOW_CORES[arch] ?? 1) : 1;
  const busyUs = arms.reduce((sum, arm) => sum + estimateBusyUs(arm, engine), 0) * slowness;
  const wanted = Math.ceil(busyUs / 1_000_000 / FULL_SHARE);
  return Math.max(1, Math.min(wanted, cores >= 3 ? cores - 1 : cores, mostByPorts(arms), MOST));
}

/** Microseconds of a worker that an arm takes each second at its peak. */
function estimateBusyUs(arm: Arm, engine: WorkerNeed['engine']): number {
  const { load } = arm;
  switch (load.kind) {
    // It goes as fast as it is let: how many workers there are is part of that load, and not for a machine to change.
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

/** Connections are opened once where they outlast the pause between two pages, and with each page where not. */
function browsersBusyUs(load: BrowserLoad, connectionUs: number): number {
  const pageSec = load.thinkUs / 1_000_000 + PAGE_SEC;
  const opened = load.idleUs > load.thinkUs ? 0 : Math.min(load.connections, load.page.objects);
  const pageUs = load.page.objects * BROWSER_REQUEST_US + opened * connectionUs;
  return (load.browsers * pageUs) / pageSec;
}

/** A challenge means everything twice, save where the connection is kept; that is not known beforehand. */
function costOf({ via, tls, auth }: Arm, engine: WorkerNeed['engine']): number {
  const exchanges = 1 + (via === 'tunnel' ? 0.5 : 0) + (auth?.mode === 'challenge' ? 1 : 0);
  return ENGINES[engine].attemptUs * exchanges + (tls === undefined ? 0 : TLS_US);
}

/** Undivided ranges of ports bound on purpose limit how many may share them. */
function mostByPorts(arms: readonly Arm[]): number {
  const counts = arms.flatMap(({ source }) =>
    source?.ports === undefined ? [] : [source.ports.range.to - source.ports.range.from + 1],
  );
  return Math.floor(Math.min(...counts, MOST * PORTS_A_WORKER) / PORTS_A_WORKER);
}
