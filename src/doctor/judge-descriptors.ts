import type { Scenario } from '../scenario/types.ts';
import { estimateOpen } from './needs.ts';
import type { Check, HostFacts } from './types.ts';

/** Descriptors left free for Node itself: it fails in surprising places without any. */
export const SPARE_DESCRIPTORS = 200;

/** Connections that any scenario may have open at once. */
const BUSY = 4_000;

/** Whether the limit of open files allows as many connections as the scenario may have open at once. */
export function judgeDescriptors(facts: HostFacts, scenario: Scenario | undefined): Check[] {
  const { soft } = facts.fdLimit;
  const name = 'descriptors';
  if (soft === null) {
    return facts.platform === 'linux'
      ? [{ name, level: 'ok', what: 'the number of open files is unlimited' }]
      : [
          {
            name,
            level: 'note',
            what: 'the limit on open files is unknown on this system',
            mend: 'ulimit -n',
          },
        ];
  }
  const usable = Math.max(0, soft - SPARE_DESCRIPTORS);
  const has = `${soft} open files are allowed, ${usable} of them for connections`;
  if (scenario === undefined) {
    return usable >= BUSY
      ? [{ name, level: 'ok', what: has }]
      : [
          {
            name,
            level: 'warn',
            what: has,
            why: 'A busy scenario keeps thousands of connections open.',
            mend: raise(BUSY),
          },
        ];
  }
  const { healthy, outage } = estimateOpen(scenario);
  if (usable < healthy) {
    const what = `${has}, but ${scenario.name} needs ${healthy}`;
    return [
      {
        name,
        level: 'fail',
        what,
        why: 'The rest would be unsent, and the run would be generator-limited.',
        mend: raise(healthy),
      },
    ];
  }
  if (usable < outage) {
    const what = `${has}: enough for ${scenario.name} (${healthy}) while the path answers`;
    const why = `In an outage up to ${outage} would wait for their timeouts; attempts beyond the limit count as unsent.`;
    return [{ name, level: 'warn', what, why, mend: raise(outage) }];
  }
  return [{ name, level: 'ok', what: `${has}; ${scenario.name} needs ${healthy}, ${outage} in an outage` }];
}

/** Open connections that the limit should allow but does not; undefined if it allows enough. */
export function wantedOpenFiles(
  { fdLimit: { soft } }: HostFacts,
  scenario: Scenario | undefined,
): number | undefined {
  if (soft === null) return undefined;
  const wanted = scenario === undefined ? BUSY : estimateOpen(scenario).outage;
  return soft - SPARE_DESCRIPTORS < wanted ? wanted : undefined;
}

/** The limit that leaves room for this many open connections. */
export function limitFor(open: number): number {
  return 2 ** Math.ceil(Math.log2(open + SPARE_DESCRIPTORS));
}

/** Node raises its soft limit to the hard one by itself: the hard limit has to be raised. */
function raise(open: number): string {
  const limit = limitFor(open);
  return `as root: ulimit -n ${limit}   (systemd: LimitNOFILE=${limit}; logins: /etc/security/limits.conf)`;
}
