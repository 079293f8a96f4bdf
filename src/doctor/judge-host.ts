import { KERBEROS } from '../engine/auth/kerberos.ts';
import { formatAdding } from '../optional.ts';
import type { Check, HostFacts } from './types.ts';

/** The machine itself: Node, cores, clock, tools. */
export function judgeHost(facts: HostFacts): Check[] {
  return [
    {
      name: 'system',
      level: 'ok',
      what: `Node ${facts.node} on ${facts.platform} ${facts.arch} (${facts.kernel}), ${facts.cpus.count} x ${facts.cpus.model || 'unknown processor'}`,
    },
    ...judgeClock(facts),
    ...judgePackages(facts),
    ...judgeTools(facts),
  ];
}

/** Clock sources that cost microseconds per reading; all others in use today cost tens of nanoseconds. */
const SLOW_CLOCKS: readonly string[] = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies'];

function judgeClock({ clock }: HostFacts): Check[] {
  const checks: Check[] = [];
  if (clock.source !== null && SLOW_CLOCKS.includes(clock.source)) {
    checks.push({
      name: 'clock source',
      level: 'warn',
      what: `the kernel reads time from ${clock.source}, which is slow`,
      why: 'Every attempt reads it several times: latencies and the highest rate suffer.',
      mend: 'cat /sys/devices/system/clocksource/clocksource0/available_clocksource',
    });
  }
  if (clock.synchronised === false) {
    checks.push({
      name: 'clock',
      level: 'warn',
      what: 'the clock of this machine is not synchronised',
      why: 'Times in the results cannot be compared with the logs of a firewall or a proxy.',
      mend: 'timedatectl set-ntp true',
    });
  } else if (clock.synchronised === null) {
    checks.push({
      name: 'clock',
      level: 'note',
      what: 'cannot determine whether the clock is synchronised',
      mend: 'date -u',
    });
  } else checks.push({ name: 'clock', level: 'ok', what: 'the clock is synchronised' });
  return checks;
}

/** Optional npm packages: what is missing without them, and how to install them. */
function judgePackages({ packages, platform, arch }: HostFacts): Check[] {
  const checks: Check[] = [];
  if (packages?.koffi === false && platform === 'linux') {
    checks.push({
      name: 'koffi',
      level: 'warn',
      what: `the npm package koffi is not installed, or has no binary for ${platform} ${arch}: the raw engine is unavailable`,
      why: 'The portable engine is used instead: it makes fewer connections per second, and detects stalls by time only.',
      mend: formatAdding({ names: ['koffi'] }),
    });
  }
  if (packages?.kerberos === false) {
    checks.push({
      name: 'kerberos',
      level: 'note',
      what: 'the npm package kerberos is not installed: everything but Negotiate works',
      mend: formatAdding(KERBEROS),
    });
  }
  if (packages?.pac === false) {
    checks.push({
      name: 'pac',
      level: 'note',
      what: 'the npm packages pac-resolver and quickjs-wasi are not both installed: everything but --pac works',
      mend: formatAdding({ names: ['pac-resolver', 'quickjs-wasi'] }),
    });
  }
  return checks;
}

function judgeTools({ tools, platform }: HostFacts): Check[] {
  if (platform !== 'linux' || tools['tcpdump'] !== undefined) return [];
  const what = 'tcpdump is not installed: runs work, but captures of a stall have to be made elsewhere';
  return [{ name: 'tools', level: 'note', what, mend: 'apt-get install tcpdump' }];
}
