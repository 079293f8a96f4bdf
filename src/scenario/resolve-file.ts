import { UsageError } from '../errors.ts';
import { checkAdaptive } from './adaptive-schema.ts';
import type { ParsedTarget } from './address.ts';
import { parseCriterion } from './criteria.ts';
import { type ArmContext, checkFarEnd, type Need } from './far-end.ts';
import { explainIssues } from './issues.ts';
import type { Problem } from './problems.ts';
import { resolveArm } from './resolve.ts';
import { ARM_NAME, type ArmFile, armSchema, scenarioSchema } from './schema.ts';
import { suggest } from './suggest.ts';
import type { Arm, HostPort, Scenario } from './types.ts';
import { sendsNothing } from './words.ts';

/** A part of the far end that the scenario does not set, and the arms that need it. */
export interface OpenNeed {
  readonly need: Need;
  readonly arms: readonly string[];
}

export interface ResolvedFile {
  /** Present if there are no problems. What is still needed contains UNFILLED. */
  readonly scenario: Omit<Scenario, 'name'> | undefined;
  readonly problems: readonly Problem[];
  readonly needs: readonly OpenNeed[];
  /** The file's own proxy and target, so that callers can check whether an arm uses them. */
  readonly proxy: HostPort | undefined;
  readonly target: ParsedTarget | undefined;
}

/**
 * Checks a scenario's data and completes its arms. A mistake in one place does not hide another: arms that the schema
 * accepts are resolved even if others are not.
 */
export function resolveFile(raw: unknown): ResolvedFile {
  const parsed = scenarioSchema.safeParse(raw);
  const problems = parsed.success ? [] : explainIssues(parsed.error.issues, raw);
  const context = readContext(raw);
  const written = entriesOf(raw, 'arms');
  problems.push(
    ...checkCriteria(
      raw,
      written.map(([name]) => name),
    ),
  );
  problems.push(
    ...checkArmNames(
      raw,
      written.map(([name]) => name),
    ),
  );
  if (context === undefined)
    return { scenario: undefined, problems, needs: [], proxy: undefined, target: undefined };

  problems.push(...checkFarEnd(context.farEnd, { ...context, path: [] }));
  problems.push(...checkFarEnd(context.farEnd, { ...context.defaults, path: ['defaults'] }));
  const arms: Arm[] = [];
  const needs: { need: Need; arm: string }[] = [];
  for (const [name, own] of readArms(written)) {
    problems.push(...checkFarEnd(context.farEnd, { ...own, path: ['arms', name] }));
    const resolved = resolveArm(name, own, context);
    problems.push(...resolved.problems);
    needs.push(...resolved.needs.map((need) => ({ need, arm: name })));
    if (resolved.arm !== undefined) arms.push(resolved.arm);
  }
  if (parsed.success && arms.length === written.length)
    problems.push(...checkAdaptive(parsed.data.adaptive, arms, context.farEnd));
  const complete = parsed.success && problems.length === 0;
  return {
    scenario: complete
      ? {
          schema: 1,
          description: parsed.data.description ?? '',
          farEnd: context.farEnd,
          arms: arms.map((arm) => withMarker(arm, parsed.data.marker)),
          pass: parsed.data.pass ?? [],
          findings: parsed.data.findings ?? [],
          ...(parsed.data.look === undefined ? {} : { look: parsed.data.look }),
          ...(parsed.data.marker === undefined ? {} : { marker: parsed.data.marker }),
          ...(parsed.data.ping === undefined ? {} : { ping: parsed.data.ping }),
          ...(parsed.data.firewall === undefined ? {} : { firewall: parsed.data.firewall }),
          ...(parsed.data.capture === undefined ? {} : { capture: parsed.data.capture }),
          ...(parsed.data.adaptive === undefined ? {} : { adaptive: parsed.data.adaptive }),
          ...(parsed.data.natPorts === undefined ? {} : { natPorts: parsed.data.natPorts }),
          ...(parsed.data.tcpTimestamps === undefined ? {} : { tcpTimestamps: parsed.data.tcpTimestamps }),
        }
      : undefined,
    problems,
    needs: groupNeeds(needs),
    proxy: context.proxy,
    target: context.target,
  };
}

/** An arm that only connects has no request to put it in. */
function withMarker(arm: Arm, marker: string | undefined): Arm {
  return marker === undefined || sendsNothing(arm.via) ? arm : { ...arm, marker };
}

/** What arms inherit; undefined if a mistake in it would only cause more errors. */
function readContext(raw: unknown): ArmContext | undefined {
  if (!isMap(raw)) return undefined;
  const { farEnd, proxy, target, defaults } = scenarioSchema.shape;
  const read = {
    farEnd: farEnd.safeParse(raw.farEnd),
    proxy: proxy.safeParse(raw.proxy),
    target: target.safeParse(raw.target),
    defaults: defaults.safeParse(raw.defaults),
  };
  if (!read.farEnd.success || !read.proxy.success || !read.target.success || !read.defaults.success)
    return undefined;
  return {
    farEnd: read.farEnd.data ?? 'none',
    proxy: read.proxy.data,
    target: read.target.data,
    defaults: read.defaults.data ?? {},
  };
}

function readArms(written: readonly [string, unknown][]): [string, ArmFile][] {
  return written.flatMap(([name, value]) => {
    const parsed = armSchema.safeParse(value);
    return parsed.success ? [[name, parsed.data] as [string, ArmFile]] : [];
  });
}

function checkArmNames(raw: unknown, names: readonly string[]): Problem[] {
  if (isMap(raw) && isMap(raw.arms) && names.length === 0) {
    return [{ what: 'there are no arms', fix: 'describe at least one', path: ['arms'] }];
  }
  return names.flatMap((name) => {
    const fix = suggestArmName(name);
    if (fix === undefined) return [];
    return [
      { what: `${JSON.stringify(name)} is not a valid arm name`, fix, path: ['arms', name], atKey: true },
    ];
  });
}

/**
 * Arms are keys of objects, here and in programs that read a summary: names that every object already has would
 * collide.
 */
function suggestArmName(name: string): string | undefined {
  if (!ARM_NAME.test(name)) return 'use up to 40 letters, digits, - and _';
  return name in Object.prototype ? 'JavaScript reserves it: choose another name' : undefined;
}

/** Criteria for arms that do not exist. The schema reports those that cannot be read at all. */
function checkCriteria(raw: unknown, arms: readonly string[]): Problem[] {
  return entriesOf(raw, 'pass').flatMap(([, text], index) => {
    if (typeof text !== 'string') return [];
    try {
      const { arm } = parseCriterion(text);
      if (arm === '*' || arms.includes(arm)) return [];
      return [{ what: `there is no arm "${arm}"`, fix: suggest(arm, arms), path: ['pass', index] }];
    } catch (error) {
      if (error instanceof UsageError) return [];
      throw error;
    }
  });
}

function groupNeeds(needs: readonly { need: Need; arm: string }[]): OpenNeed[] {
  const open = (['proxy', 'target', 'proxy-or-target'] as const)
    .map((need) => ({ need, arms: needs.filter((one) => one.need === need).map(({ arm }) => arm) }))
    .filter(({ arms }) => arms.length > 0);
  // What the other arms are given also serves those that work with either.
  return open.length > 1 ? open.filter(({ need }) => need !== 'proxy-or-target') : open;
}

function entriesOf(raw: unknown, key: 'arms' | 'pass'): [string, unknown][] {
  const value = isMap(raw) ? raw[key] : undefined;
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** A file's top-level map, before anything in it has been checked. */
interface WrittenFile {
  readonly farEnd?: unknown;
  readonly proxy?: unknown;
  readonly target?: unknown;
  readonly defaults?: unknown;
  readonly arms?: unknown;
  readonly pass?: unknown;
}

function isMap(value: unknown): value is WrittenFile {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
