import { judge } from '../../doctor/judge.ts';
import type { HostFacts } from '../../doctor/types.ts';
import { ENGINE_NAMES } from '../../engine/names.ts';
import { type Presence, presence, readMessage } from '../messages.ts';
import { PROTOCOL } from '../protocol.ts';

/** What of its machine a message holds. */
const MOST_CHECKS = 20;
const MOST_TEXT = 1_000;
/** Runs that wait are named, up to so many. */
const MOST_WAITING = 100;

/** Who else connects with the credentials of this probe. */
export interface Twin {
  readonly hostname: string;
  /** When it was last heard of, milliseconds of a monotonic clock. */
  readonly heardAtMs: number;
}

/** One that is there says so every 15 s. */
const TWIN_GONE_AFTER_MS = 60_000;

/** Listens for other processes that say that they are this probe, as with credentials that were copied. */
export class TwinWatch {
  readonly #own: string;
  readonly #now: () => number;
  #twin: Twin | undefined;

  /** @param own what this process writes as {@link PROCESS_HEADER} @param now milliseconds of a monotonic clock */
  constructor(own: string, now: () => number = () => performance.now()) {
    this.#own = own;
    this.#now = now;
  }

  /** Undefined: none was heard of lately. */
  get twin(): Twin | undefined {
    const { heardAtMs = Number.NEGATIVE_INFINITY } = this.#twin ?? {};
    return this.#now() - heardAtMs < TWIN_GONE_AFTER_MS ? this.#twin : undefined;
  }

  /** @returns whether that is another process, and news */
  hear(process: string, data: Uint8Array): boolean {
    const said = readMessage(presence, data);
    if (said === undefined || process === '' || process === this.#own) return false;
    const isNews = this.twin === undefined;
    this.#twin = { hostname: said.host.hostname, heardAtMs: this.#now() };
    return isNews;
  }
}

/** For the owner of the probe, and for the operator. */
export function describeTwin(probe: string, { hostname }: Twin): Presence['checks'][number] {
  return {
    ...{ name: 'credentials', level: 'fail' },
    what: `another process connects as ${probe}, on a machine that calls itself ${hostname}: each order goes to one of the two alone`,
    mend: `end one of them; if nobody of yours started it, "rushhour fleet revoke ${probe}", then enroll it anew`,
  };
}

/** What a probe says of itself, and of its machine. */
export function describeProbe(
  host: HostFacts,
  { waiting, ...own }: Omit<Presence, 'v' | 'host' | 'engines' | 'checks' | 'atMs'>,
  atMs: number,
  twin?: Twin,
): Presence {
  return {
    ...{ v: PROTOCOL, ...own },
    host: {
      ...{ hostname: host.hostname, arch: host.arch, kernel: host.kernel, node: host.node },
      ...{ cpu: host.cpus.model, cpus: host.cpus.count, memoryBytes: host.memoryBytes },
      addresses: [...host.addresses],
    },
    engines: [...ENGINE_NAMES],
    checks: [
      ...(twin === undefined ? [] : [describeTwin(own.probe, twin)]),
      ...judge(host).flatMap(({ name, level, what, mend }) =>
        level === 'warn' || level === 'fail'
          ? [
              {
                ...{ name, level, what: what.slice(0, MOST_TEXT) },
                ...(mend !== undefined && { mend: mend.slice(0, MOST_TEXT) }),
              },
            ]
          : [],
      ),
    ].slice(0, MOST_CHECKS),
    ...{ waiting: waiting.slice(0, MOST_WAITING), atMs },
  };
}
