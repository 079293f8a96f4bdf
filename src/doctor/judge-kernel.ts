import type { Scenario } from '../scenario/types.ts';
import { estimateMostWithin, estimateOpen } from './needs.ts';
import { computeSynSchedule } from './syn-schedule.ts';
import type { Check, HostFacts } from './types.ts';

/** Properties of this kernel's TCP that affect the results: none of them is a fault, all of them belong in a report. */
export function judgeKernel(facts: HostFacts, scenario: Scenario | undefined): Check[] {
  if (facts.platform !== 'linux') {
    return [
      {
        name: 'system',
        level: 'note',
        what: `${facts.platform}: stalls are inferred from time only, and kernel settings are not read`,
        why: 'Only Linux reports how often a SYN was sent (TCP_INFO).',
      },
    ];
  }
  return [...judgeSyn(facts, scenario), ...judgeTimestamps(facts, scenario), ...judgeReuse(facts)];
}

function judgeSyn(facts: HostFacts, scenario: Scenario | undefined): Check[] {
  const retries = facts.sysctls['net.ipv4.tcp_syn_retries'];
  if (retries === undefined) return [];
  // Kernels before 6.5 lack the setting and back off from the first retransmission on.
  const linear = Number(facts.sysctls['net.ipv4.tcp_syn_linear_timeouts'] ?? 0);
  const { resentAtSec, givenUpAtSec } = computeSynSchedule(Number(retries), linear);
  const what =
    resentAtSec.length === 0
      ? `a lost SYN is never retransmitted; the kernel gives up after ${givenUpAtSec} s`
      : `a lost SYN is retransmitted after ${resentAtSec.join(', ')} s; the kernel gives up after ${givenUpAtSec} s`;
  const checks: Check[] = [{ name: 'syn schedule', level: 'note', what }];
  const early = scenario?.arms.find(
    (arm) => arm.socket.synCount === undefined && arm.handshakeTimeoutUs > givenUpAtSec * 1_000_000,
  );
  if (early !== undefined) {
    checks.push({
      name: 'syn schedule',
      level: 'warn',
      what: `arm ${early.name} would wait ${early.handshakeTimeoutUs / 1_000_000} s for a handshake, but the kernel gives up after ${givenUpAtSec} s`,
      mend: `sysctl -w net.ipv4.tcp_syn_retries=${Number(retries) + 1}   (or socket.synCount in the arm)`,
    });
  }
  return checks;
}

function judgeTimestamps(facts: HostFacts, scenario: Scenario | undefined): Check[] {
  const value = facts.sysctls['net.ipv4.tcp_timestamps'];
  if (value === undefined) return [];
  const on = value !== '0';
  const wanted = scenario?.tcpTimestamps;
  if (wanted !== undefined && (wanted === 'on') !== on) {
    return [
      {
        name: 'timestamps',
        level: 'note',
        what: `TCP timestamps are ${on ? 'on' : 'off'}; the run switches them ${wanted} and restores them`,
        why: 'That needs root.',
      },
    ];
  }
  return [
    {
      name: 'timestamps',
      level: 'note',
      what: `TCP timestamps are ${on ? 'on' : 'off'} (net.ipv4.tcp_timestamps=${value})`,
      why: on
        ? 'A far end in TIME_WAIT accepts a SYN with a newer timestamp: a reused port may work here that stalls a client without timestamps. Run once with each setting.'
        : 'A far end in TIME_WAIT then judges a SYN by its sequence number alone. Run once with each setting.',
      mend: `rushhour run <scenario> --tcp-timestamps ${on ? 'off' : 'on'}`,
    },
  ];
}

function judgeReuse(facts: HostFacts): Check[] {
  const value = facts.sysctls['net.ipv4.tcp_tw_reuse'];
  if (value === undefined) return [];
  const meaning: Record<string, string> = {
    '0': 'ports in TIME_WAIT on this machine are blocked for 60 s',
    '1': 'ports in TIME_WAIT on this machine are reused after 1 s if both sides send timestamps',
    '2': 'ports in TIME_WAIT on this machine are blocked for 60 s, except on loopback',
  };
  return [
    {
      name: 'tw_reuse',
      level: 'note',
      what: `net.ipv4.tcp_tw_reuse=${value}: ${meaning[value] ?? 'unknown value'}`,
    },
  ];
}

/** nf_conntrack's own default for TIME_WAIT, seconds (nf_conntrack-sysctl.rst). */
const CONNTRACK_TIME_WAIT_SEC = 120;

/** Connection tracking makes this machine itself a stateful hop, with a table that can fill up. */
export function judgeConntrack(facts: HostFacts, scenario: Scenario | undefined): Check[] {
  const name = 'conntrack';
  if (facts.platform !== 'linux') return [];
  if (facts.conntrack === null) {
    return [{ name, level: 'ok', what: 'no connection tracking on this machine' }];
  }
  const { count, max } = facts.conntrack;
  const what = `connection tracking is loaded on this machine: ${count} of ${max} entries in use`;
  const why = 'If rules use it, this machine is itself a stateful hop and may cause stalls.';
  const mend =
    "nft add table inet rushhour; nft add chain inet rushhour out '{ type filter hook output priority raw; }'; nft add rule inet rushhour out meta l4proto tcp notrack";
  const wanted = scenario === undefined ? 0 : estimateEntries(scenario);
  if (wanted <= max - count) return [{ name, level: 'note', what, why, mend }];
  return [
    {
      name,
      level: 'warn',
      what: `${what}, and ${scenario?.name} may add ${wanted} more`,
      why: 'A full table drops new connections here, before the firewall sees them.',
      mend: `sysctl -w net.netfilter.nf_conntrack_max=${2 ** Math.ceil(Math.log2(count + wanted))}`,
    },
  ];
}

/** The most entries that a scenario adds to connection tracking. */
export function estimateEntries(scenario: Scenario): number {
  const resting = scenario.arms
    .filter(({ close }) => close !== 'reset')
    .map(
      ({ load }) =>
        estimateMostWithin(load, CONNTRACK_TIME_WAIT_SEC) ??
        (load.kind === 'closed' ? (load.attempts ?? 0) : 0),
    );
  return Math.ceil(estimateOpen(scenario).healthy + resting.reduce((sum, count) => sum + count, 0));
}
