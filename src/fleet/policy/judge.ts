import { groupThousands } from '../../analysis/group-digits.ts';
import { BOUNDS } from '../../scenario/bounds.ts';
import {
  browserConnections,
  loadAttempts,
  loadDurationUs,
  longestUs,
  peakPerSec,
} from '../../scenario/load-shape.ts';
import type { Load } from '../../scenario/load-types.ts';
import { askedHosts } from '../../scenario/page-hosts.ts';
import type { Arm, AuthSpec, HostPort, Scenario } from '../../scenario/types.ts';
import { formatDuration, formatRate } from '../../scenario/units.ts';
import { sendsNothing } from '../../scenario/words.ts';
import { type HostRule, isAllowed } from './host-rules.ts';
import { isWithinHours } from './hours.ts';
import type { Policy } from './schema.ts';

/** A run that a probe was asked for, as it would play it. */
export interface JudgedRun {
  readonly scenario: Scenario;
  /** SHA-256 of the scenario's file, in hex. */
  readonly digest: string;
  /** Names of this installation's own scenarios with the same file. */
  readonly sameAs: readonly string[];
  /** By the clock of the probe, milliseconds since 1970; absent: at once. */
  readonly startsAtMs?: number;
}

export type Judgement =
  /** What the run may send at most, and for how long from second 0, its check before the load included; microseconds. */
  | { readonly accepted: true; readonly attempts: number; readonly forUs: number }
  | { readonly accepted: false; readonly refusals: readonly string[] };

/**
 * Whether a policy allows a run. Whatever the policy does not mention is refused.
 * @param nowMs milliseconds since 1970, by the clock of the probe
 * @returns every reason at once, each a sentence for the operator of the fleet
 */
export function judge(policy: Policy, run: JudgedRun, nowMs: number): Judgement {
  const { scenario } = run;
  const refusals = [
    ...refuseScenario(policy, run),
    ...refuseHosts(policy, scenario),
    ...refuseOtherPorts(policy, scenario),
    ...refuseLoad(policy, scenario),
    ...refuseTimes(policy, run, nowMs),
    ...refuseMachine(policy, scenario),
  ];
  return refusals.length === 0
    ? { accepted: true, attempts: mostAttempts(scenario), forUs: longestUs(scenario) }
    : { accepted: false, refusals: [...new Set(refusals)] };
}

function refuseScenario({ scenarios }: Policy, { scenario, digest, sameAs }: JudgedRun): string[] {
  if (scenarios === undefined) return [];
  const isListed = scenarios.some((rule) =>
    rule.kind === 'name' ? sameAs.includes(rule.name) : rule.digest === digest,
  );
  return isListed
    ? []
    : [`scenario ${scenario.name} (sha256:${digest}) is not among those that the policy allows`];
}

function refuseHosts(policy: Policy, { farEnd, arms }: Scenario): string[] {
  if (farEnd === 'embedded') {
    return policy.embedded === true ? [] : ['the policy does not allow an embedded far end on this machine'];
  }
  const { targets = [], proxies = [] } = policy;
  const over = (
    what: string,
    rules: readonly HostRule[],
    used: readonly HostPort[],
    whose: (host: string) => string,
  ): string[] =>
    [...new Set(used.filter((each) => !isAllowed(rules, each)).map(formatHostPort))].map(
      (host) =>
        `${what} ${host}${whose(host)} is not among those that the policy allows (${formatRules(rules)})`,
    );
  const proxiesOf = ({ proxy, beside = [] }: Arm): HostPort[] => [
    ...(proxy === undefined ? [] : [proxy]),
    ...beside,
  ];
  const asTarget = nameArms(arms, askedHosts);
  const asProxy = nameArms(arms, proxiesOf);
  // To connect to a proxy and send nothing is less than to use it.
  const bare = arms.filter(({ via }) => sendsNothing(via));
  const others = arms.filter(({ via }) => !sendsNothing(via));
  const asked = others.flatMap(askedHosts);
  // Refused as targets, they are not told again.
  const told = new Set(asked.filter((each) => !isAllowed(targets, each)).map(formatHostPort));
  const scripted = arms.filter(({ pac }) => pac !== undefined);
  return [
    ...over('target', targets, asked, asTarget),
    ...over(
      'target',
      [...targets, ...proxies],
      bare.map(({ target }) => target).filter((target) => !told.has(formatHostPort(target))),
      // It may be the proxy of other arms, which nobody takes for a target.
      (host) => (asTarget(host) === '' ? '' : `${asTarget(host)}, which gets no request,`),
    ),
    ...over('proxy', proxies, arms.flatMap(proxiesOf), asProxy),
    ...scripted.map(({ name }) => `arm ${name} leaves its proxy to a script: name it instead`),
  ];
}

/** Of arms that are refused, so many are named. */
const MOST_ARMS = 5;

/** Whose a host is: ` of arm connect`; empty where it is that of all arms. */
function nameArms(
  arms: readonly Arm[],
  hostsOf: (arm: Arm) => readonly HostPort[],
): (host: string) => string {
  return (host) => {
    const own = arms.filter((arm) => hostsOf(arm).map(formatHostPort).includes(host)).map(({ name }) => name);
    if (own.length === arms.length) return '';
    const more = own.length > MOST_ARMS ? ` and ${own.length - MOST_ARMS} more` : '';
    return ` of ${own.length === 1 ? 'arm' : 'arms'} ${own.slice(0, MOST_ARMS).join(', ')}${more}`;
  };
}

/** A run that chooses its arms also connects to other ports of the host that it is about. */
function refuseOtherPorts({ targets = [], proxies = [] }: Policy, { adaptive, arms }: Scenario): string[] {
  if (adaptive === undefined) return [];
  const { closedPorts, otherPort } = adaptive;
  const rules = [...targets, ...proxies];
  const ports = [...closedPorts, ...(otherPort === undefined ? [] : [otherPort])];
  const hosts = [...new Set(arms.map((arm) => connectedTo(arm).host))];
  return hosts
    .flatMap((host) => ports.map((port) => ({ host, port })))
    .filter((each) => !isAllowed(rules, each))
    .map(
      (each) =>
        `its control ${formatHostPort(each)} is not among the hosts that the policy allows (${formatRules(rules)})`,
    );
}

/** The host that an arm opens its connections to. */
function connectedTo({ via, proxy, target }: Arm): HostPort {
  return (via === 'proxy' || via === 'tunnel') && proxy !== undefined ? proxy : target;
}

function refuseLoad({ rate, attempts, concurrency = 0 }: Policy, scenario: Scenario): string[] {
  const { arms, look } = scenario;
  const ratePerSec = arms.reduce((sum, { load }) => sum + peakOf(load), 0);
  const [total, open] = [mostAttempts(scenario), arms.reduce((sum, { load }) => sum + openAtOnce(load), 0)];
  const unbounded = arms.filter(({ load }) => loadAttempts(load) === undefined);
  return [
    ...(ratePerSec > rate
      ? [`${formatRate(ratePerSec)} exceeds the rate that the policy allows, ${formatRate(rate)}`]
      : []),
    ...(look !== undefined && look.ratePerSec > rate
      ? [
          `its check before the load, ${formatRate(look.ratePerSec)}, exceeds the rate that the policy allows, ${formatRate(rate)}`,
        ]
      : []),
    ...unbounded.map(({ name }) => `arm ${name} does not say how many attempts it makes at most`),
    ...(total > attempts
      ? [`${formatCount(total)} attempts exceed those that the policy allows, ${formatCount(attempts)}`]
      : []),
    ...(open > concurrency
      ? [
          `${formatCount(open)} connections of closed loops exceed those that the policy allows, ${formatCount(concurrency)}`,
        ]
      : []),
  ];
}

/** Of all arms, with the check before the load; arms that do not say count as none. */
function mostAttempts({ arms, look }: Scenario): number {
  const planned = arms.reduce((sum, { load }) => sum + Math.ceil(loadAttempts(load) ?? 0), 0);
  const looked = look === undefined ? 0 : Math.ceil((look.ratePerSec * look.forUs) / 1_000_000) * arms.length;
  return planned + looked;
}

function peakOf(load: Load): number {
  if (load.kind === 'open') return peakPerSec(load);
  return load.kind === 'sweep' ? load.ratePerSec : 0;
}

function openAtOnce(load: Load): number {
  if (load.kind === 'browsers') return browserConnections(load);
  return load.kind === 'closed' ? load.concurrency : 0;
}

function refuseTimes(policy: Policy, { scenario, startsAtMs }: JudgedRun, nowMs: number): string[] {
  const { duration = BOUNDS.durationUs, hours = [] } = policy;
  const endless = scenario.arms.filter(({ load }) => loadDurationUs(load) === undefined);
  const forUs = longestUs(scenario);
  const fromMs = startsAtMs ?? nowMs;
  return [
    ...endless.map(({ name }) => `arm ${name} does not say how long it lasts at most`),
    ...(forUs > duration
      ? [
          `a load of ${formatDuration(Math.ceil(forUs))} exceeds the time that the policy allows, ${formatDuration(duration)}`,
        ]
      : []),
    // Beyond any load there is: hours of years are not walked through.
    ...(forUs <= BOUNDS.durationUs * 2 && !isWithinHours(hours, fromMs, fromMs + forUs / 1_000)
      ? [
          `it would send load from ${formatLocal(fromMs)} for ${formatDuration(Math.ceil(forUs))}, outside the hours that the policy allows (${hours.map(({ text }) => text).join(', ')})`,
        ]
      : []),
  ];
}

/** What a run would change, read or execute on this machine beyond opening connections. */
function refuseMachine(policy: Policy, scenario: Scenario): string[] {
  const { secrets = [], capture } = policy;
  const { arms, firewall, adaptive, tcpTimestamps } = scenario;
  const named = [
    ...new Set(arms.flatMap(({ auth, tls }) => [...secretsOf(auth), ...(tls?.ca ? [tls.ca] : [])])),
  ];
  return [
    ...(firewall === undefined
      ? []
      : ['it runs commands on this machine (firewall), which no policy allows']),
    ...(adaptive === undefined || policy.adaptive === true
      ? []
      : ['the policy does not allow that it chooses its arms itself (adaptive)']),
    ...(tcpTimestamps === undefined
      ? []
      : ['it changes a setting of the kernel (tcpTimestamps), which no policy allows']),
    ...arms.flatMap(({ name, source }) =>
      source?.emulate === true ? [`arm ${name} emulates other hosts, which no policy allows`] : [],
    ),
    ...(scenario.capture === 'on' && capture !== true
      ? ['the policy does not allow to capture packets']
      : []),
    ...named
      .filter((secret) => !secrets.includes(secret))
      .map((secret) => `it reads ${secret} on this machine, which the policy does not list under secrets`),
  ];
}

function secretsOf(auth: AuthSpec | undefined): string[] {
  if (auth === undefined) return [];
  const { credentials } = auth;
  switch (credentials.kind) {
    case 'env':
      return [`env:${credentials.name}`];
    case 'file':
    case 'keytab':
      return [credentials.path];
    case 'pattern':
      return ['env' in credentials.password ? `env:${credentials.password.env}` : credentials.password.file];
    case 'ticket-cache':
      return ['ticket-cache'];
  }
}

function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function formatRules(rules: readonly HostRule[]): string {
  return rules.length === 0 ? 'none' : [...new Set(rules.map(({ text }) => text))].join(', ');
}

/** By the local time of the probe: `Mon 20:15`. */
function formatLocal(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][at.getDay()];
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

function formatCount(count: number): string {
  return groupThousands(String(count));
}
