import { formatDuration, formatRate, parseDuration, parseRate } from '../../scenario/units.ts';
import type { FleetPart, Refusal } from './types.ts';

/** As a probe's trouble begins that refused a run. */
export const REFUSED_FOR = 'refused: ';

/** Reasons for which probes refused a run, each once: those of the most probes first. */
export function listRefusals(parts: readonly Pick<FleetPart, 'probe' | 'status' | 'trouble'>[]): Refusal[] {
  const refusals = new Map<string, string[]>();
  for (const { probe, status, trouble } of parts) {
    if (status !== 'refused') continue;
    for (const what of trouble) {
      if (!what.startsWith(REFUSED_FOR)) continue;
      const reason = what.slice(REFUSED_FOR.length);
      refusals.set(reason, [...(refusals.get(reason) ?? []), probe]);
    }
  }
  return [...refusals]
    .map(([reason, probes]) => ({ reason, probes }))
    .sort((a, b) => b.probes.length - a.probes.length);
}

/** Of a list of a policy, so many entries are proposed: the reasons are those of other programs. */
const MOST_ENTRIES = 20;

/** What a reason says that a policy does not list, by the words of src/fleet/policy/judge.ts. */
const LISTED: readonly (readonly [key: string, reason: RegExp])[] = [
  [
    'targets',
    /^target (\S+) (?:of arms? (?!.* no request, is).*? )?is not among those that the policy allows/,
  ],
  ['proxies', /^target (\S+) of arms? .* no request, is not among those that the policy allows/],
  ['proxies', /^proxy (\S+) (?:of arms? .*? )?is not among those that the policy allows/],
  ['targets', /^its control (\S+) is not among the hosts that the policy allows/],
  ['scenarios', /^scenario \S+ \((sha256:[0-9a-f]{64})\) is not among those that the policy allows/],
  ['secrets', /^it reads (.+) on this machine, which the policy does not list under secrets$/],
];

/** What a policy has to allow at least, read from a reason and written as its file has it. */
const LEAST: readonly (readonly [key: string, reason: RegExp, read: Reader])[] = [
  [
    'rate',
    /^(?:its check before the load, )?([\d.]+\/(?:s|min|h)),? exceeds the rate/,
    [readRate, formatRate],
  ],
  ['attempts', /^([\d,]+) attempts exceed those that the policy allows/, [readCount, String]],
  ['duration', /^a load of ([\d.]+(?:us|ms|s|m|h)) exceeds the time/, [parseDuration, formatDuration]],
  ['concurrency', /^([\d,]+) connections of closed loops exceed those/, [readCount, String]],
];

type Reader = readonly [(text: string) => number, (value: number) => string];

const ALLOWED: readonly (readonly [key: string, reason: RegExp])[] = [
  ['embedded', /^the policy does not allow an embedded far end/],
  ['capture', /^the policy does not allow to capture packets/],
  ['adaptive', /^the policy does not allow that it chooses its arms itself/],
];

/**
 * What the owner of a probe would add to its policy to allow what it refused, each a line of its file. What no policy allows, or what
 * depends on more than the policy, has none.
 */
export function linesToAllow(reasons: readonly string[]): string[] {
  const lists = new Map<string, Set<string>>();
  const add = (key: string, entry: string): void => {
    lists.set(key, (lists.get(key) ?? new Set()).add(entry));
  };
  for (const [key, pattern] of LISTED) {
    for (const reason of reasons) {
      const [, entry] = pattern.exec(reason) ?? [];
      if (entry !== undefined) add(key, entry);
    }
  }
  for (const reason of reasons) {
    const window = windowOf(reason);
    if (window !== undefined) add('hours', window);
  }
  const least = LEAST.flatMap(([key, pattern, [read, say]]) => {
    const values = reasons.flatMap((reason) => {
      const [, text] = pattern.exec(reason) ?? [];
      return text === undefined ? [] : readOr(read, text);
    });
    return values.length === 0 ? [] : [`${key}: ${say(Math.max(...values))}`];
  });
  const allowed = ALLOWED.flatMap(([key, pattern]) =>
    reasons.some((reason) => pattern.test(reason)) ? [`${key}: true`] : [],
  );
  const listed = [...lists].map(
    ([key, entries]) =>
      `${key}: ${JSON.stringify([...entries].slice(0, MOST_ENTRIES)).replaceAll('","', '", "')}`,
  );
  return [...listed, ...least, ...allowed];
}

function readOr(read: (text: string) => number, text: string): number[] {
  try {
    return [read(text)];
  } catch {
    // Another program may say anything.
    return [];
  }
}

/** What is told is rounded, and the policy's is no less. */
function readRate(text: string): number {
  const [, figure = '', unit = ''] = /^([\d.]+)(.*)$/.exec(text) ?? [];
  return parseRate(`${Math.ceil(Number(figure))}${unit}`);
}

function readCount(text: string): number {
  return Number(text.replaceAll(',', ''));
}

const HOURS =
  /^it would send load from (Sun|Mon|Tue|Wed|Thu|Fri|Sat) (\d\d):(\d\d) for ([\d.]+(?:us|ms|s|m|h)), outside the hours/;
const DAY_MIN = 24 * 60;

/** From the minute in which a load begins to the one after that in which it ends: `mon 17:50-18:06`. */
function windowOf(reason: string): string | undefined {
  const [, day, hours, minutes, length] = HOURS.exec(reason) ?? [];
  if (day === undefined || length === undefined) return undefined;
  const from = Number(hours) * 60 + Number(minutes);
  const [forUs = Number.NaN] = readOr(parseDuration, length);
  const forMin = Math.ceil(forUs / 60_000_000) + 1;
  if (!(forMin < DAY_MIN)) return undefined;
  const to = (from + forMin) % DAY_MIN;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${day.toLowerCase()} ${hours}:${minutes}-${two(to / 60)}:${two(to % 60)}`;
}
