import { isDeepStrictEqual } from 'node:util';
import type { Load, Phase } from '../../scenario/load-types.ts';
import type { Arm, Scenario } from '../../scenario/types.ts';
import type { Diagnosis, Summary } from '../types.ts';

/** The facts of a run that decide whether it can be compared. */
export interface RunFacts {
  /** Where it is: probes of a fleet that started in the same second give their runs the same id. Absent: not read from a folder. */
  readonly folder?: string;
  /** Of its folder: what it is found by where several have its id. Absent: its id. */
  readonly name?: string;
  readonly run: Summary['run'];
  readonly scenario: Scenario;
  readonly workers: number;
  readonly versions: { readonly rushhour: string; readonly node: string };
  /** Properties of the machine: kernel, CPU, and kernel settings by name. */
  readonly host: { readonly [fact: string]: string };
  readonly generatorLimited: boolean;
  /** Why it went as it did; absent where only the facts were read, of a run of an earlier version. */
  readonly diagnosis?: Diagnosis;
  readonly reasons: readonly string[];
}

export interface Comparability {
  /** Why the runs should not be compared: they did different things, or counted differently. */
  readonly refusals: readonly string[];
  /** Other differences, which may explain why figures differ. */
  readonly warnings: readonly string[];
}

/** Runs whose lengths differ by more meet different conditions: ports are reused after so many connections. */
const MAX_LENGTH_RATIO = 1.2;

/** What a run is called by. */
export function nameOf({ name, run }: Pick<RunFacts, 'name' | 'run'>): string {
  return name ?? run.id;
}

/** Checks every run against the first: all should have done the same, except for the change being evaluated. */
export function checkComparable(before: readonly RunFacts[], after: readonly RunFacts[]): Comparability {
  const [first, ...others] = [...before, ...after];
  const refusals = new Set<string>();
  const warnings = new Set<string>();
  if (first === undefined) return { refusals: [], warnings: [] };
  for (const facts of [first, ...others]) {
    const { run, generatorLimited, reasons } = facts;
    if (run.status !== 'complete')
      warnings.add(`${nameOf(facts)} ${UNFINISHED[run.status]}: what it recorded counts`);
    if (generatorLimited) warnings.add(`${nameOf(facts)} was generator-limited: ${reasons.join('; ')}`);
  }
  for (const other of others) {
    for (const text of describeOtherWork(first, other)) refusals.add(text);
    for (const text of describeOtherConditions(first, other)) warnings.add(text);
  }
  const placeOf = ({ folder, run }: RunFacts): string => folder ?? run.id;
  const common = new Set(before.map(placeOf));
  for (const facts of after)
    if (common.has(placeOf(facts))) refusals.add(`${nameOf(facts)} is on both sides`);
  return { refusals: [...refusals], warnings: [...warnings] };
}

const UNFINISHED = {
  running: 'is still in progress',
  interrupted: 'was interrupted',
  failed: 'was ended by a fault',
} as const;

function describeOtherWork(a: RunFacts, b: RunFacts): string[] {
  if (a.scenario.name !== b.scenario.name) {
    return [`the scenarios differ: ${a.scenario.name} and ${b.scenario.name}`];
  }
  const texts = describeIf('the engines differ', a.run.engine, b.run.engine);
  if (a.run.stallsByTcpInfo !== b.run.stallsByTcpInfo) {
    texts.push('some runs detected stalls through the kernel, others only by time');
  }
  texts.push(
    ...describeIf(
      'TCP timestamps were set to',
      a.scenario.tcpTimestamps ?? 'nothing',
      b.scenario.tcpTimestamps ?? 'nothing',
    ),
  );
  const pairs = pairArms(a.scenario, b.scenario);
  if (pairs.length === 0) texts.push('the runs have no arm in common');
  return [...texts, ...pairs.flatMap(describeOtherArm)];
}

function describeOtherArm([a, b]: readonly [Arm, Arm]): string[] {
  const rates = [ratesOf(a.load), ratesOf(b.load)] as const;
  if (!isDeepStrictEqual(...rates))
    return [`${a.name}: the load differs: ${rates.map(inShort).join(' and ')}`];
  return SETTINGS.filter((key) => !isDeepStrictEqual(a[key], b[key])).map(
    (key) => `${a.name}: the runs differ in ${key}`,
  );
}

/** A third of a rate has many digits. */
function inShort(rates: string): string {
  return rates.replace(/\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toPrecision(4))));
}

/**
 * The settings that define an attempt: changing any of them makes it a different attempt. Source and destination are
 * not included.
 */
export const SETTINGS = [
  'via',
  'request',
  'expect',
  'handshakeTimeoutUs',
  'responseTimeoutUs',
  'stallAfterUs',
  'close',
  'holdUs',
  'holdsTogether',
  'proveUs',
  'client',
] as const satisfies readonly (keyof Arm)[];

function describeOtherConditions(a: RunFacts, b: RunFacts): string[] {
  const facts = new Set([...Object.keys(a.host), ...Object.keys(b.host)]);
  const names = (scenario: Scenario): string => scenario.arms.map(({ name }) => name).join(', ');
  // The embedded far end uses a different port each time.
  const isOwnFarEnd = a.scenario.farEnd === 'embedded' && b.scenario.farEnd === 'embedded';
  return [
    ...describeIf('the versions of rushhour differ', a.versions.rushhour, b.versions.rushhour),
    ...describeIf('the versions of Node differ', a.versions.node, b.versions.node),
    ...describeIf('the numbers of workers differ', `${a.workers}`, `${b.workers}`),
    ...describeIf('the arms differ', names(a.scenario), names(b.scenario)),
    ...[...facts].flatMap((fact) =>
      describeIf(`${fact} differs`, a.host[fact] ?? 'unknown', b.host[fact] ?? 'unknown'),
    ),
    ...pairArms(a.scenario, b.scenario).flatMap(([one, other]) => [
      ...(isOwnFarEnd ? [] : describeIf(`${one.name}: the targets differ`, peerOf(one), peerOf(other))),
      ...(isDeepStrictEqual([one.socket, one.source], [other.socket, other.source])
        ? []
        : [`${one.name}: the socket or source settings differ`]),
    ]),
    ...describeLengths(a, b),
  ];
}

function describeLengths(a: RunFacts, b: RunFacts): string[] {
  const [short = 0, long = 0] = [a, b].map(lengthOf).sort((one, other) => one - other);
  return long > short * MAX_LENGTH_RATIO
    ? [`the runs lasted ${Math.round(lengthOf(a))} s and ${Math.round(lengthOf(b))} s`]
    : [];
}

function lengthOf({ run }: RunFacts): number {
  return (Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1_000;
}

function describeIf(what: string, a: string, b: string): string[] {
  return a === b ? [] : [`${what}: ${a} and ${b}`];
}

function pairArms(a: Scenario, b: Scenario): (readonly [Arm, Arm])[] {
  return a.arms.flatMap((arm) => {
    const twin = b.arms.find(({ name }) => name === arm.name);
    return twin === undefined ? [] : [[arm, twin] as const];
  });
}

function peerOf({ proxy, beside = [], target }: Arm): string {
  const goal = `${target.host}:${target.port}${target.path}`;
  const proxies = [...(proxy === undefined ? [] : [proxy]), ...beside].map(
    ({ host, port }) => `${host}:${port}`,
  );
  return proxies.length === 0 ? goal : `${goal} by ${proxies.join(' and ')}`;
}

/** How hard a load is, regardless of duration. */
export function ratesOf(load: Load): string {
  switch (load.kind) {
    case 'open':
      return load.phases.map(rateOf).join(', ');
    case 'closed':
      return `${load.concurrency} at once`;
    case 'browsers':
      return `${load.browsers} browsers, ${load.page.objects} objects a page, ${load.thinkUs / 1_000_000} s between pages`;
    case 'sweep':
      return `sweep of ${load.delaysUs.length} delays, ${load.pairs} pairs each, at ${load.ratePerSec}/s`;
  }
}

function rateOf(phase: Phase): string {
  switch (phase.kind) {
    case 'hold':
      return `${phase.ratePerSec}/s`;
    case 'idle':
      return 'idle';
    case 'ramp':
      return `${phase.fromPerSec} to ${phase.toPerSec}/s`;
    case 'step':
      return `${phase.fromPerSec} to ${phase.toPerSec}/s by ${phase.byPerSec}`;
  }
}
