import type { Expectation } from '../outcome/expectation.ts';
import { DEFAULT_STALL_AFTER_US } from '../outcome/stall.ts';
import { type ParsedTarget, UNFILLED } from './address.ts';
import { hasTooManyLevels } from './bounds.ts';
import { resolveAuth } from './check-auth.ts';
import { checkBrowsers } from './check-browsers.ts';
import { resolveProofs } from './check-hold.ts';
import { checkPing } from './check-ping.ts';
import { checkSource } from './check-source.ts';
import { resolveTls } from './check-tls.ts';
import { checkClient, mergeClients, toClient } from './client.ts';
import { type ArmContext, findPeers, goesThroughProxy, type Need } from './far-end.ts';
import { holdTogetherUs, loadAttempts } from './load-shape.ts';
import type { Load } from './load-types.ts';
import type { Path, Problem } from './problems.ts';
import type { ArmFile } from './schema.ts';
import { findSpreadFault } from './spread.ts';
import type { Arm, PacSource, RequestSpec, SocketSpec, Target } from './types.ts';
import { sendsNothing, TOGETHER, type Via } from './words.ts';

export interface ResolvedArm {
  /** Undefined if problems leave nothing to run. What is still needed is UNFILLED. */
  readonly arm: Arm | undefined;
  readonly problems: readonly Problem[];
  readonly needs: readonly Need[];
}

/**
 * Covers the SYN retransmissions at 1, 3 and 7 s (RFC 6298), so that a handshake delayed by two losses still counts as
 * recovered.
 */
const HANDSHAKE_TIMEOUT_US = 10_000_000;
const RESPONSE_TIMEOUT_US = 15_000_000;

/** Completes an arm: its own keys, then the defaults, then this program's. */
export function resolveArm(name: string, own: ArmFile, context: ArmContext): ResolvedArm {
  const written = mergeArms(context.defaults, own);
  const path = ['arms', name];
  const problems: Problem[] = [];
  const blame = (key: keyof ArmFile, what: string, fix: string): void => {
    problems.push({
      what: `arm ${name}: ${what}`,
      fix,
      path: own[key] === undefined ? path : [...path, key],
      atKey: true,
    });
  };

  const via = written.via ?? defaultVia(own, context);
  const expect = written.expect ?? defaultExpectation(via);
  const handshakeTimeoutUs = written.timeouts?.handshake ?? HANDSHAKE_TIMEOUT_US;
  const stallAfterUs = written.stallAfter ?? DEFAULT_STALL_AFTER_US;

  if (sendsNothing(via) && own.request !== undefined)
    blame('request', `via: ${via} sends no request`, 'remove it, or use via: direct');
  if (sendsNothing(via) && expect.kind === 'status')
    blame('expect', `via: ${via} receives no status`, 'expect established or refused');
  if (expect.kind === 'status' && expect.content !== undefined) {
    const { body, bytes } = expect.content;
    if (written.load?.kind === 'browsers')
      blame('expect', 'browsers do not examine responses', 'leave body, bytes and header out');
    if (written.request?.method === 'HEAD' && (body ?? bytes) !== undefined)
      blame('expect', 'a response to HEAD has no body', 'leave body and bytes out, or use GET');
  }
  if (stallAfterUs >= handshakeTimeoutUs) {
    blame(
      'stallAfter',
      'every handshake would time out before it counts as stalled',
      'keep stallAfter below timeouts.handshake',
    );
  }
  const load = written.load;
  if (load === undefined) blame('load', '"load" is missing', 'add phases, or concurrency with attempts');
  else
    problems.push(
      ...checkLoad(name, load, own.load === undefined ? ['defaults', 'load'] : [...path, 'load']),
    );

  const peers = findPeers(via, expect, written, own, context);
  const auth = resolveAuth(via, written, own, context.farEnd);
  const tls = resolveTls(via, peers.target, written, own, context.farEnd);
  const proofs = resolveProofs(written);
  const faults = [
    ...checkSource(via, written),
    ...proofs.faults,
    ...checkBrowsers(via, written, own, tls.tls !== undefined),
    ...auth.faults,
    ...tls.faults,
    ...checkClient(written, own),
    ...checkPing(via, written),
  ];
  for (const { key, what, fix } of faults) blame(key, what, fix);

  if (!sendsNothing(via) && peers.target?.scheme === 'tcp') {
    blame(
      'target',
      `via: ${via} cannot send a request to a tcp:// target`,
      'use an http:// or https:// URL, or via: tcp (--via tcp)',
    );
  }
  if (peers.pac?.spread === true) {
    const fault = findSpreadFault({
      ...(load === undefined ? {} : { load }),
      ...(auth.auth === undefined ? {} : { auth: auth.auth }),
    });
    if (fault !== undefined) blame('proxy', fault.what, fault.fix);
  }
  if (load === undefined || problems.length > 0) return { arm: undefined, problems, needs: peers.needs };
  const arm: Arm = {
    name,
    via,
    ...(goesThroughProxy(via) ? { proxy: peers.proxy ?? UNFILLED } : {}),
    ...(peers.pac === undefined ? {} : { pac: inOrderOfBrowsers(peers.pac, load, auth.auth) }),
    target: toTarget(peers.target, via),
    ...(written.prefer === undefined ? {} : { prefer: written.prefer }),
    ...(written.addresses === undefined ? {} : { addresses: written.addresses }),
    request: toRequest(written.request),
    expect,
    load,
    handshakeTimeoutUs,
    responseTimeoutUs: written.timeouts?.response ?? RESPONSE_TIMEOUT_US,
    stallAfterUs,
    // No one answers on a bare connection, so no one else would close it.
    close: written.close ?? (sendsNothing(via) ? 'fin' : 'peer'),
    ...(written.hold === TOGETHER
      ? { holdUs: holdTogetherUs(load, handshakeTimeoutUs), holdsTogether: true as const }
      : { holdUs: written.hold ?? 0 }),
    ...(proofs.proveUs === undefined ? {} : { proveUs: proofs.proveUs }),
    socket: toSocket(written.socket),
    ...(written.source === undefined ? {} : { source: written.source }),
    ...(auth.auth === undefined ? {} : { auth: auth.auth }),
    ...(tls.tls === undefined ? {} : { tls: tls.tls }),
    ...(written.client === undefined ? {} : { client: toClient(written.client) }),
  };
  return { arm, problems, needs: peers.needs };
}

/** Browsers keep to the order of a script's list, unless they are spread over it, or have a token for one proxy alone. */
function inOrderOfBrowsers(pac: PacSource, load: Load, auth: Arm['auth']): PacSource {
  if (load.kind !== 'browsers' || pac.spread) return pac;
  const fault = findSpreadFault({ load, ...(auth === undefined ? {} : { auth }) });
  return fault === undefined ? { ...pac, inOrder: true } : pac;
}

/**
 * Own keys win; the maps `request`, `timeouts`, `socket`, `auth` and `tls` merge key by key, everything else is
 * replaced as a whole. An arm whose scheme differs from that of the defaults does not inherit their credentials.
 * `source` and `socket.bind` set the same thing: an arm that uses one does not inherit the other.
 */
function mergeArms(defaults: ArmFile, own: ArmFile): ArmFile {
  const merged: ArmFile = { ...defaults };
  for (const [key, value] of Object.entries(own)) {
    if (value !== undefined) Object.assign(merged, { [key]: value });
  }
  if (defaults.request && own.request) merged.request = { ...defaults.request, ...own.request };
  if (defaults.timeouts && own.timeouts) merged.timeouts = { ...defaults.timeouts, ...own.timeouts };
  if (defaults.socket && own.socket) merged.socket = { ...defaults.socket, ...own.socket };
  if (defaults.tls && own.tls) merged.tls = { ...defaults.tls, ...own.tls };
  if (defaults.auth && own.auth) merged.auth = mergeAuth(defaults.auth, own.auth);
  if (defaults.client && own.client) merged.client = mergeClients(defaults.client, own.client);
  if (own.source !== undefined && own.socket?.bind === undefined) dropBind(merged);
  if (own.socket?.bind !== undefined && own.source === undefined) delete merged.source;
  return merged;
}

function mergeAuth(
  defaults: NonNullable<ArmFile['auth']>,
  own: NonNullable<ArmFile['auth']>,
): ArmFile['auth'] {
  if (defaults === 'none' || own === 'none') return own;
  if (own.scheme === undefined || own.scheme === defaults.scheme) return { ...defaults, ...own };
  const { credentials: _, service: __, ...rest } = defaults;
  return { ...rest, ...own };
}

function dropBind(merged: ArmFile): void {
  if (merged.socket === undefined) return;
  const { bind: _, ...rest } = merged.socket;
  merged.socket = rest;
}

function defaultVia(own: ArmFile, { target, defaults }: ArmContext): Via {
  switch ((own.target ?? defaults.target ?? target)?.scheme) {
    case 'tcp':
      return 'tcp';
    case 'https':
      return 'tunnel';
    default:
      return 'proxy';
  }
}

function defaultExpectation(via: Via): Expectation {
  return sendsNothing(via) ? { kind: 'established' } : { kind: 'status', statuses: [200] };
}

function checkLoad(name: string, load: Load, path: Path): Problem[] {
  if (load.kind !== 'open') return [];
  const problems: Problem[] = load.phases.flatMap((phase, index) =>
    hasTooManyLevels(phase)
      ? [
          {
            what: `arm ${name}: a step with far too many levels`,
            fix: 'raise "by"',
            path: [...path, index, 'step'],
          },
        ]
      : [],
  );
  if (problems.length === 0 && loadAttempts(load) === 0) {
    return [
      {
        what: `arm ${name}: a load with a rate of 0 throughout`,
        fix: 'add a ramp to a rate, or a hold',
        path,
      },
    ];
  }
  return problems;
}

function toTarget(target: ParsedTarget | undefined, via: Via): Target {
  const { scheme, host, port, path } = target ?? { scheme: 'http', ...UNFILLED, path: '/' };
  return sendsNothing(via) ? { scheme: 'tcp', host, port, path: '' } : { scheme, host, port, path };
}

function toRequest(written: ArmFile['request']): RequestSpec {
  return {
    method: written?.method ?? 'GET',
    version: written?.version ?? '1.1',
    headers: Object.entries(written?.headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as const),
    ),
    body: written?.body ?? '',
  };
}

function toSocket(written: ArmFile['socket']): SocketSpec {
  const { bind = [], ...options } = written ?? {};
  return { ...options, bind: [bind].flat() };
}
