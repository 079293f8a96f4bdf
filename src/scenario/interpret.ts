import { UsageError } from '../errors.ts';
import { scaleRates, stretchTo } from './adjust.ts';
import { anchorFiles } from './anchor-files.ts';
import { type Breach, findBreaches } from './bounds.ts';
import { openDocument, type ScenarioDocument } from './document.ts';
import type { Need } from './far-end.ts';
import { deepFreeze } from './freeze.ts';
import { applyOverrides, flagOf, type Overrides } from './overrides.ts';
import type { Path, Position, Problem } from './problems.ts';
import { type OpenNeed, type ResolvedFile, resolveFile } from './resolve-file.ts';
import type { Arm, HostPort, Scenario } from './types.ts';
import { aboveZero, parseDuration, parseRate } from './units.ts';

/** A scenario file as understood, with everything that is wrong with it. */
export interface Interpretation {
  /** Frozen; present if there are no problems. It cannot run until its needs are met. */
  readonly scenario: Scenario | undefined;
  /** `file:line:col: what — what to do`, in file order; problems caused by flags come first. */
  readonly problems: readonly string[];
  readonly needs: readonly { readonly need: Need; readonly problem: string }[];
  /** Where the shared proxy and target come from; those that no arm uses are omitted. */
  readonly origins: readonly Origin[];
}

/** Where a value comes from that every arm uses unless it has its own. */
export interface Origin {
  readonly key: 'proxy' | 'target';
  readonly value: string;
  /** A flag, a variable, `file:line`, or the scenario's own file. */
  readonly from: string;
}

/** Reads a scenario file, applies the overrides and finds all mistakes in both. Never throws. */
export function interpret(text: string, name: string, file: string, overrides: Overrides): Interpretation {
  const document = openDocument(text);
  const syntax = document.syntax.map(({ what, fix, position }) => ({ what, fix, path: [], position }));
  if (!document.readable)
    return { scenario: undefined, problems: format(syntax, file), needs: [], origins: [] };

  const applied = applyOverrides(document.yaml, overrides);
  const place = (problem: Problem): PlacedProblem => {
    const flag = problem.flag ?? applied.flagFor(problem.path);
    return flag === undefined
      ? { ...problem, position: document.locate(problem.path, problem.atKey ?? false) }
      : { ...problem, flag };
  };
  const resolved = resolveFile(
    anchorFiles(document.data(), file, (path) => applied.flagFor(path) !== undefined),
  );
  const problems: Problem[] = [...applied.problems, ...resolved.problems];
  // Where any name may stand, such as a header's, the schema drops it in silence; elsewhere it has told of it.
  const told = new Set(problems.map(({ path }) => JSON.stringify(path)));
  for (const { what, fix, path } of document.findReserved())
    if (!told.has(JSON.stringify(path))) problems.push({ what, fix, path, atKey: true });
  const adjusted = adjust(resolved.scenario?.arms ?? [], overrides);
  problems.push(...adjusted.problems, ...findUnused(resolved, overrides));
  problems.push(...findBreaches(adjusted.arms).map((breach) => formatBreach(breach, overrides)));

  const placed = [...syntax, ...problems.map(place)];
  const complete = resolved.scenario !== undefined && placed.length === 0;
  return {
    scenario: complete ? deepFreeze({ ...resolved.scenario, name, arms: adjusted.arms }) : undefined,
    problems: format(placed, file),
    needs: resolved.needs.map((open) => ({
      need: open.need,
      problem: format([place(formatNeed(open))], file).join(),
    })),
    origins: findOrigins(document, resolved, (path) => applied.flagFor(path)),
  };
}

function findOrigins(
  document: ScenarioDocument,
  resolved: ResolvedFile,
  flagFor: (path: Path) => string | undefined,
): Origin[] {
  return (['proxy', 'target'] as const).flatMap((key) => {
    const isTaken = key === 'proxy' ? takesProxy : takesTarget;
    const value = document.yaml.get(key);
    if (typeof value !== 'string' || resolved[key] === undefined || resolved.scenario === undefined)
      return [];
    if (resolved.scenario.farEnd === 'embedded' || !isTaken(resolved.scenario.arms, resolved)) return [];
    return [{ key, value, from: flagFor([key]) ?? 'the scenario' }];
  });
}

interface PlacedProblem extends Problem {
  /** Absent if a flag is at fault. */
  readonly position?: Position;
}

function format(problems: readonly PlacedProblem[], file: string): string[] {
  return problems
    .toSorted((a, b) => lineOf(a) - lineOf(b) || (a.position?.col ?? 0) - (b.position?.col ?? 0))
    .map(({ position, flag, what, fix }) => {
      const where = position === undefined ? flag : `${file}:${position.line}:${position.col}`;
      return `${where}: ${what} — ${fix}`;
    });
}

function lineOf({ position }: PlacedProblem): number {
  return position?.line ?? 0;
}

/** Applies `--rate` and `--duration`, which change the loads as a whole. */
function adjust(
  arms: readonly Arm[],
  { rate, duration }: Overrides,
): { arms: readonly Arm[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const read = (
    flag: string,
    text: string | undefined,
    parse: (text: string) => number,
  ): number | undefined => {
    if (text === undefined) return undefined;
    try {
      return aboveZero(parse, 'remove the flag to keep the value of the scenario')(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push({ what: error.message, fix: error.hint ?? '', path: [], flag });
      return undefined;
    }
  };
  const ratePerSec = read('--rate', rate, parseRate);
  const durationUs = read('--duration', duration, parseDuration);
  if (arms.length === 0) return { arms, problems };
  const scaled = ratePerSec === undefined ? arms : scaleRates(arms, ratePerSec);
  if (scaled === undefined) {
    const what = 'no arm has a rate: all are closed loops or browsers';
    problems.push({
      what,
      fix: 'use --set arms.<arm>.load.concurrency=<count>, or .browsers=<count>',
      path: [],
      flag: '--rate',
    });
  }
  const rated = scaled ?? arms;
  return { arms: durationUs === undefined ? rated : stretchTo(rated, durationUs), problems };
}

/** A flag without effect is also a mistake: the run would not be the one that was requested. */
function findUnused({ scenario, proxy, target }: ResolvedFile, overrides: Overrides): Problem[] {
  if (scenario === undefined) return [];
  const problems: Problem[] = [];
  if ((overrides.proxy ?? overrides.pac) !== undefined && !takesProxy(scenario.arms, { proxy })) {
    const fix = 'add --via proxy (or tunnel), or use --set arms.<arm>.proxy=<host:port>';
    problems.push({
      what: 'no arm uses this proxy',
      fix,
      path: [],
      flag: flagOf('proxy', overrides),
    });
  }
  if (overrides.target !== undefined && !takesTarget(scenario.arms, { target })) {
    const fix = 'remove it, write tcp://host:port for via: tcp, or use --set arms.<arm>.target=<URL>';
    problems.push({ what: 'no arm uses this target', fix, path: [], flag: '--target' });
  }
  const { client, marker } = overrides;
  if (marker !== undefined && scenario.arms.every((arm) => arm.marker === undefined)) {
    const fix = 'remove it, or use --via proxy, tunnel or direct';
    problems.push({ what: 'no arm sends a request that could carry it', fix, path: [], flag: '--marker' });
  }
  if (client !== undefined && scenario.arms.every((arm) => arm.client?.profile !== client)) {
    const fix = 'remove it, or use --set arms.<arm>.client=<name>';
    problems.push({ what: 'no arm uses this client', fix, path: [], flag: '--client' });
  }
  return problems;
}

function takesProxy(arms: readonly Arm[], { proxy }: Pick<ResolvedFile, 'proxy'>): boolean {
  return arms.some((arm) => isSame(arm.proxy, proxy) || isSame(arm.target, proxy));
}

function takesTarget(arms: readonly Arm[], { target }: Pick<ResolvedFile, 'target'>): boolean {
  return arms.some((arm) => isSame(arm.target, target));
}

function isSame(one: HostPort | undefined, other: HostPort | undefined): boolean {
  return one?.host === other?.host && one?.port === other?.port;
}

function formatNeed({ need, arms }: OpenNeed): Problem {
  const who = arms.length === 1 ? `arm ${arms[0]}` : `arms ${arms.join(', ')}`;
  const place = { path: ['arms', ...arms.slice(0, 1)], atKey: true };
  switch (need) {
    case 'proxy':
      return {
        what: `${who}: no proxy`,
        fix: 'give --proxy host:port, or set proxy: in the file',
        ...place,
      };
    case 'target':
      return {
        what: `${who}: no target`,
        fix: 'give --target http://host/path (https://host/path for TLS, tcp://host:port for via: tcp), or set target: in the file',
        ...place,
      };
    case 'proxy-or-target':
      return {
        what: `${who}: nothing to connect to`,
        fix: 'give --proxy host:port, or --target tcp://host:port, or set either in the file',
        ...place,
      };
  }
}

function formatBreach({ kind, what, arm }: Breach, overrides: Overrides): Problem {
  const path = arm === undefined ? ['arms'] : ['arms', arm, 'load'];
  const blamed = arm === undefined ? what : `arm ${arm}: ${what}`;
  switch (kind) {
    case 'rate':
      return { what: blamed, fix: 'lower the rate', path, ...flagged('--rate', overrides.rate) };
    case 'duration':
      return { what: blamed, fix: 'shorten it', path, ...flagged('--duration', overrides.duration) };
    case 'attempts': {
      const flag = overrides.rate === undefined ? '--duration' : '--rate';
      return {
        what: blamed,
        fix: 'lower the rate, the time or the count',
        path,
        ...flagged(flag, overrides.rate ?? overrides.duration),
      };
    }
    case 'concurrency':
      return { what: blamed, fix: 'lower concurrency, or browsers', path };
  }
}

function flagged(flag: string, given: string | undefined): { flag?: string } {
  return given === undefined ? {} : { flag };
}
