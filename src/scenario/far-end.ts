import { UsageError } from '../errors.ts';
import type { Expectation } from '../outcome/expectation.ts';
import { type ParsedTarget, UNFILLED } from './address.ts';
import { deepFreeze } from './freeze.ts';
import type { Path, Problem } from './problems.ts';
import type { ProxyValue } from './proxy-schema.ts';
import type { ArmFile } from './schema.ts';
import type { Arm, HostPort, PacSource, Scenario } from './types.ts';
import type { Via } from './words.ts';
import { sendsNothing } from './words.ts';

/** What an arm is given in addition to its own keys. */
export interface ArmContext {
  readonly farEnd: Scenario['farEnd'];
  readonly proxy: ProxyValue | undefined;
  readonly target: ParsedTarget | undefined;
  readonly defaults: ArmFile;
}

/** The part of a far end that is missing; an arm `via: tcp` works with either. */
export type Need = 'proxy' | 'target' | 'proxy-or-target';

/** Where the embedded far end listens. */
export interface FarEndAddress {
  readonly proxy: HostPort;
  readonly origin: HostPort;
  /** Absent: it has no TLS. */
  readonly tlsOrigin?: HostPort;
}

/**
 * Points every arm at the embedded far end, now that its ports are known. An arm `via: tcp` connects to the proxy: it
 * tests the handshake that the other arms perform. A scenario with its own far end is returned unchanged.
 * @throws UsageError if an arm needs TLS and the far end has none
 */
export function withFarEnd(scenario: Scenario, { proxy, origin, tlsOrigin }: FarEndAddress): Scenario {
  if (scenario.farEnd === 'none') return scenario;
  const originOf = ({ name, target }: Arm): HostPort => {
    if (target.scheme !== 'https') return origin;
    if (tlsOrigin !== undefined) return { host: tlsOrigin.host, port: tlsOrigin.port };
    throw new UsageError(`arm ${name}: the embedded far end does not support TLS here`, {
      hint: 'write the path (/…) instead of https:///path, or name a real far end',
    });
  };
  const point = (arm: Arm): Arm => {
    switch (arm.via) {
      case 'proxy':
      case 'tunnel':
        return { ...arm, proxy, target: { ...arm.target, ...originOf(arm) } };
      case 'direct':
        return { ...arm, target: { ...arm.target, ...originOf(arm) } };
      case 'tcp':
      case 'icmp':
        return { ...arm, target: { ...arm.target, ...proxy } };
    }
  };
  return deepFreeze({ ...scenario, arms: scenario.arms.map(point) });
}

/** Whether an arm sends requests to a proxy, rather than only connecting to one. */
export function goesThroughProxy(via: Via): boolean {
  return via === 'proxy' || via === 'tunnel';
}

export interface Peers {
  readonly proxy: HostPort | undefined;
  readonly target: ParsedTarget | undefined;
  readonly needs: readonly Need[];
  /** The script that names the proxy. */
  readonly pac?: PacSource | undefined;
}

/**
 * What an arm connects to. An arm `via: tcp` without its own target tests the handshake that the other arms perform:
 * with the proxy, if there is one. If it expects a refusal it does not, because the proxy's own port would never
 * refuse.
 */
export function findPeers(
  via: Via,
  expect: Expectation,
  written: ArmFile,
  own: ArmFile,
  context: ArmContext,
): Peers {
  const value: ProxyValue | undefined = written.proxy ?? context.proxy;
  const proxy: HostPort | undefined =
    value === undefined ? undefined : { host: value.host, port: value.port };
  const pac = value?.pac;
  const inherited = written.target ?? context.target;
  if (context.farEnd === 'embedded') return { proxy: undefined, target: inherited, needs: [] };
  if (sendsNothing(via)) {
    const mayUseProxy = own.target === undefined && inherited?.scheme !== 'tcp' && expect.kind !== 'refused';
    if (mayUseProxy && proxy !== undefined) {
      return { proxy: undefined, target: { scheme: 'tcp', ...proxy, path: '' }, needs: [], pac };
    }
    const need = mayUseProxy ? 'proxy-or-target' : 'target';
    return { proxy: undefined, target: inherited, needs: inherited === undefined ? [need] : [] };
  }
  const needs: Need[] = [];
  if (goesThroughProxy(via) && proxy === undefined) needs.push('proxy');
  if (inherited === undefined) needs.push('target');
  return { proxy, target: inherited, needs, ...(goesThroughProxy(via) ? { pac } : {}) };
}

/** A place in a file where a proxy and a target may be set. */
export interface EndpointSource {
  readonly proxy?: HostPort | undefined;
  readonly target?: ParsedTarget | undefined;
  readonly path: Path;
}

/** An embedded far end has its own addresses: the scenario chooses only the path. Without one, a path is not enough. */
export function checkFarEnd(farEnd: Scenario['farEnd'], { proxy, target, path }: EndpointSource): Problem[] {
  const isPath = target?.host === UNFILLED.host && target.port === UNFILLED.port;
  if (farEnd === 'none') {
    if (!isPath) return [];
    return [
      {
        what: 'a target without a host',
        fix: 'write the whole URL, http://host/path or https://host/path',
        path: [...path, 'target'],
      },
    ];
  }
  const problems: Problem[] = [];
  if (proxy !== undefined) {
    problems.push({
      what: 'farEnd: embedded brings its own proxy',
      fix: 'remove one of them',
      path: [...path, 'proxy'],
      atKey: true,
    });
  }
  if (target !== undefined && !isPath) {
    problems.push({
      what: 'farEnd: embedded brings its own target',
      fix: 'write only the path, such as /?n={nonce}; https:///path for TLS',
      path: [...path, 'target'],
      atKey: true,
    });
  }
  return problems;
}
