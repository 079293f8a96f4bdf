import { judge } from '../../doctor/judge.ts';
import type { HostFacts } from '../../doctor/types.ts';
import { ENGINE_NAMES, type EngineName } from '../../engine/names.ts';
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

  /** @returns whether another process is there that was not, or has left; undefined: neither, or it is this one */
  hear(process: string, data: Uint8Array): 'came' | 'left' | undefined {
    const said = readMessage(presence, data);
    if (said === undefined || process === '' || process === this.#own) return undefined;
    if (said.hasLeft === true) {
      this.#twin = undefined;
      return 'left';
    }
    const isNews = this.twin === undefined;
    this.#twin = { hostname: said.host.hostname, heardAtMs: this.#now() };
    return isNews ? 'came' : undefined;
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

/** Of a policy with mistakes; what they are is for the owner alone. */
export const NO_POLICY: Presence['checks'][number] = {
  ...{ name: 'policy', level: 'fail' },
  what: 'its policy cannot be read, so that it refuses every order',
  mend: 'its owner mends it: the probe says what is wrong on its stderr',
};

/** The others call libc: they need koffi, and Linux. */
function hasEngine({ platform, packages }: HostFacts, name: EngineName): boolean {
  return name === 'portable' || (platform === 'linux' && packages?.koffi !== false);
}

/** What a probe says of itself, and of its machine; `amiss`: what it knows besides what its doctor finds. */
export function describeProbe(
  host: HostFacts,
  { waiting, ...own }: Omit<Presence, 'v' | 'host' | 'engines' | 'checks' | 'atMs'>,
  atMs: number,
  amiss: Presence['checks'] = [],
): Presence {
  return {
    ...{ v: PROTOCOL, ...own },
    host: {
      ...{ hostname: host.hostname, arch: host.arch, kernel: host.kernel, node: host.node },
      ...{ cpu: host.cpus.model, cpus: host.cpus.count, memoryBytes: host.memoryBytes },
      addresses: [...host.addresses],
    },
    engines: ENGINE_NAMES.filter((name) => hasEngine(host, name)),
    checks: [
      ...amiss,
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
