import { judge } from '../../doctor/judge.ts';
import type { HostFacts } from '../../doctor/types.ts';
import { ENGINE_NAMES } from '../../engine/names.ts';
import type { Presence } from '../messages.ts';
import { PROTOCOL } from '../protocol.ts';

/** What of its machine a message holds. */
const MOST_CHECKS = 20;
const MOST_TEXT = 1_000;
/** Runs that wait are named, up to so many. */
const MOST_WAITING = 100;

/** What a probe says of itself, and of its machine. */
export function describeProbe(
  host: HostFacts,
  { waiting, ...own }: Omit<Presence, 'v' | 'host' | 'engines' | 'checks' | 'atMs'>,
  atMs: number,
): Presence {
  return {
    ...{ v: PROTOCOL, ...own },
    host: {
      ...{ hostname: host.hostname, arch: host.arch, kernel: host.kernel, node: host.node },
      ...{ cpu: host.cpus.model, cpus: host.cpus.count, memoryBytes: host.memoryBytes },
      addresses: [...host.addresses],
    },
    engines: [...ENGINE_NAMES],
    checks: judge(host)
      .flatMap(({ name, level, what, mend }) =>
        level === 'warn' || level === 'fail'
          ? [
              {
                ...{ name, level, what: what.slice(0, MOST_TEXT) },
                ...(mend !== undefined && { mend: mend.slice(0, MOST_TEXT) }),
              },
            ]
          : [],
      )
      .slice(0, MOST_CHECKS),
    ...{ waiting: waiting.slice(0, MOST_WAITING), atMs },
  };
}
