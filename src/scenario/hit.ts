import { isIP } from 'node:net';
import type { ClientName } from '../client/registry.ts';
import { UsageError } from '../errors.ts';
import { type Expectation, SUCCESSFUL } from '../outcome/expectation.ts';
import { parseProxy, parseTarget } from './address.ts';
import { checkService } from './auth-schema.ts';
import { type Breach, findBreaches } from './bounds.ts';
import { deepFreeze } from './freeze.ts';
import { type HitBeside, readBeside } from './hit-beside.ts';
import { checkHeaderValue, checkMethod, TOKEN } from './leaves.ts';
import type { ClosedLoad, OpenLoad } from './load-types.ts';
import { resolveArm } from './resolve.ts';
import type { ArmFile } from './schema.ts';
import { parseInterface, parseSourceAddress } from './source-schema.ts';
import { findSpreadFault } from './spread.ts';
import type {
  AuthSpec,
  CredentialSource,
  Scenario,
  SocketSpec,
  SourceAddress,
  SourceSpec,
  Target,
  TlsSpec,
} from './types.ts';
import { expandUsers } from './user-pattern.ts';
import {
  type AddressUse,
  type CaptureMode,
  type CloseMode,
  type HttpVersion,
  type Switch,
  sendsNothing,
  type Via,
} from './words.ts';

/** Who asks for credentials, and how to answer. Holds references, never a secret. */
export interface HitAuth extends Pick<AuthSpec, 'to' | 'scheme' | 'mode' | 'service'> {
  /** Absent: the ticket cache, for Negotiate. */
  readonly credentials?: CredentialSource;
}

export type HitTls = Partial<TlsSpec>;

/** The options of `rushhour hit`. Absent: the same default as in a scenario, unless another is given here. */
export interface HitOptions extends HitBeside {
  /** `http://host/path` or `https://host/path`, may contain `{nonce}`; or `tcp://host:port` for handshakes only. */
  readonly url: string;
  /** Total attempts. If this and `durationUs` are absent: 1. */
  readonly requests?: number | undefined;
  /** Concurrent connections, closed loop. Default: 1. */
  readonly concurrency?: number | undefined;
  /** Attempts per second: makes it an open loop, which needs `requests` or `durationUs`. */
  readonly ratePerSec?: number | undefined;
  readonly durationUs?: number | undefined;
  /** `host:port`. Absent: straight to the target. */
  readonly proxy?: string | undefined;
  /** Proxies that attempts go to in turn with `proxy`, each `host:port`. */
  readonly beside?: readonly string[] | undefined;
  /** By CONNECT; an `https://` target behind a proxy is always reached this way. */
  readonly tunnel?: boolean | undefined;
  readonly auth?: HitAuth | undefined;
  /** For an `https://` target. */
  readonly tls?: HitTls | undefined;
  /** Each "Name: value". */
  readonly headers?: readonly string[] | undefined;
  readonly method?: string | undefined;
  readonly version?: HttpVersion | undefined;
  /** Text, or raw bytes. */
  readonly body?: string | Uint8Array | undefined;
  /** Default: any status from 200 to 299, as ab counts them. */
  readonly expect?: Expectation | undefined;
  readonly close?: CloseMode | undefined;
  readonly holdUs?: number | undefined;
  /** Ages below `holdUs` at which held connections are checked as well. */
  readonly proveUs?: readonly number[] | undefined;
  readonly handshakeTimeoutUs?: number | undefined;
  readonly responseTimeoutUs?: number | undefined;
  readonly stallAfterUs?: number | undefined;
  readonly socket?: Partial<SocketSpec> | undefined;
  /** Addresses that no other host uses, comma-separated. */
  readonly emulate?: string | undefined;
  readonly interface?: string | undefined;
  readonly tcpTimestamps?: Switch | undefined;
  readonly capture?: CaptureMode | undefined;
  readonly prefer?: 4 | 6 | undefined;
  readonly addresses?: AddressUse | undefined;
  /** A client's name; absent: the default client. */
  readonly client?: ClientName | undefined;
}

const BREACH_FIXES: Readonly<Record<Breach['kind'], string>> = {
  rate: 'lower --rate',
  attempts: 'lower -n, --rate or -t',
  duration: 'lower -t, or -n with a --rate',
  concurrency: 'lower -c',
};

/**
 * The scenario of one ad-hoc arm called `hit`: what `rushhour hit` runs, in the same way as any other.
 * @throws UsageError
 */
export function scenarioForHit(options: HitOptions): Scenario {
  const target = parseTarget(options.url);
  const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy);
  const via = chooseVia(target, proxy !== undefined, options);
  const besideLoad = readBeside(options, via);
  const request = toRequest(options);
  const own: ArmFile = {
    via,
    ...(request === undefined ? {} : { request }),
    ...(options.auth === undefined ? {} : { auth: toAuth(options.auth) }),
    ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
    expect: options.expect ?? (sendsNothing(via) ? undefined : { kind: 'status', statuses: SUCCESSFUL }),
    prefer: options.prefer,
    addresses: options.addresses,
    ...(options.client === undefined ? {} : { client: { profile: options.client, knobs: {} } }),
    load: toLoad(options),
    timeouts: { handshake: options.handshakeTimeoutUs, response: options.responseTimeoutUs },
    stallAfter: options.stallAfterUs,
    close: options.close,
    source: toSource(options),
    hold: options.holdUs,
    ...(options.proveUs === undefined ? {} : { prove: [...options.proveUs] }),
    socket:
      options.socket === undefined
        ? undefined
        : { ...options.socket, bind: [...(options.socket.bind ?? [])] },
  };
  if (options.proveUs !== undefined && (options.holdUs ?? 0) === 0) {
    throw new UsageError(
      '--prove sets the ages at which to check held connections, but no connection is held',
      {
        hint: 'add --hold <time>, longer than these ages',
      },
    );
  }
  const { arm, problems } = resolveArm('hit', own, { farEnd: 'none', proxy, target, defaults: {} });
  const [problem] = problems;
  if (arm === undefined || problem !== undefined) {
    throw new UsageError(problem?.what.replace(/^arm hit: /, '') ?? 'nothing to do', {
      hint: problem?.fix ?? '',
    });
  }
  const beside = (options.beside ?? []).map(parseProxy);
  const spread = beside.length > 0;
  const fault = spread ? findSpreadFault(arm) : undefined;
  if (fault !== undefined) throw new UsageError(fault.what, { hint: fault.fix });
  const [breach] = findBreaches([arm]);
  if (breach !== undefined) throw new UsageError(breach.what, { hint: BREACH_FIXES[breach.kind] });
  return deepFreeze({
    schema: 1,
    name: 'hit',
    description: `Ad-hoc traffic to ${options.url}`,
    farEnd: 'none',
    arms: [
      {
        ...{ ...arm, ...(spread && { beside }), request: { ...arm.request, ...bytesOf(options) } },
        ...(besideLoad.marker === undefined ? {} : { marker: besideLoad.marker }),
      },
    ],
    pass: [],
    findings: [],
    ...besideLoad,
    ...(options.capture === undefined ? {} : { capture: options.capture }),
    ...(options.tcpTimestamps === undefined ? {} : { tcpTimestamps: options.tcpTimestamps }),
  });
}

function toSource({ emulate, interface: by }: HitOptions): SourceSpec | undefined {
  if (emulate === undefined && by === undefined) return undefined;
  return {
    addresses: emulate?.split(',').map((one) => parseEmulated(one.trim())) ?? [],
    ...(emulate === undefined ? {} : { emulate: true }),
    ...(by === undefined ? {} : { interface: parseInterface(by) }),
  };
}

/** @throws UsageError */
function parseEmulated(text: string): SourceAddress {
  if (text.includes('/') || isIP(text) !== 0) return parseSourceAddress(text);
  throw new UsageError(`"${text}" is not an address or network to emulate`, {
    hint: 'write an address or a network, such as 10.1.0.0/22; --interface sets where they are',
  });
}

function bytesOf({ body }: HitOptions): { bodyIsBytes?: true } {
  return typeof body === 'object' ? { bodyIsBytes: true } : {};
}

/** As with curl, an https:// target is reached through a proxy by CONNECT without a flag for it. */
function chooseVia({ scheme }: Target, hasProxy: boolean, { tunnel, auth }: HitOptions): Via {
  if (scheme === 'tcp' && hasProxy) {
    throw new UsageError('rushhour connects to a tcp:// target directly, without a proxy', {
      hint: 'remove -x, or hit the proxy itself',
    });
  }
  if (!hasProxy && (tunnel === true || auth?.to === 'proxy')) {
    throw new UsageError(
      tunnel === true
        ? 'a tunnel needs a proxy, and none is given'
        : 'these credentials are for a proxy, and none is given',
      {
        hint: 'add -x host:port',
      },
    );
  }
  if (scheme === 'tcp') return 'tcp';
  if (!hasProxy) return 'direct';
  return tunnel === true || scheme === 'https' ? 'tunnel' : 'proxy';
}

function toAuth({ to, scheme, mode, credentials, service }: HitAuth): ArmFile['auth'] {
  return {
    to,
    scheme,
    mode,
    ...(credentials === undefined ? {} : { credentials: expandPrincipals(credentials) }),
    ...(service === undefined ? {} : { service: checkService(service) }),
  };
}

function expandPrincipals(source: CredentialSource): CredentialSource {
  return source.kind === 'keytab'
    ? { ...source, principals: source.principals.flatMap(expandUsers) }
    : source;
}

function toLoad({ requests, concurrency, ratePerSec, durationUs }: HitOptions): OpenLoad | ClosedLoad {
  requireCount(requests, '-n');
  requireCount(concurrency, '-c');
  if (ratePerSec === undefined) {
    return {
      kind: 'closed',
      concurrency: concurrency ?? 1,
      ...(requests === undefined && durationUs !== undefined ? {} : { attempts: requests ?? 1 }),
      ...(durationUs === undefined ? {} : { forUs: durationUs }),
    };
  }
  if (concurrency !== undefined) {
    throw new UsageError('-c and --rate cannot be combined', {
      hint: '-c starts the next attempt when one ends, --rate starts attempts by the clock: choose one',
    });
  }
  if (requests === undefined && durationUs === undefined) {
    throw new UsageError('--rate alone would never end', { hint: 'add -n <attempts> or -t <time>' });
  }
  const countUs = requests === undefined ? Number.POSITIVE_INFINITY : (requests / ratePerSec) * 1_000_000;
  return {
    kind: 'open',
    phases: [{ kind: 'hold', ratePerSec, forUs: Math.min(countUs, durationUs ?? Number.POSITIVE_INFINITY) }],
  };
}

function requireCount(value: number | undefined, flag: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw new UsageError(`${flag} ${value} is not a count`, { hint: 'give a whole number, 1 or more' });
}

/** The request, if any of its options was given; resolveArm refuses one for a bare connection. */
function toRequest({ headers = [], method, version, body }: HitOptions): ArmFile['request'] {
  if (headers.length === 0 && method === undefined && version === undefined && body === undefined)
    return undefined;
  const collected = new Map<string, string[]>();
  for (const [name, value] of headers.map(parseHeader)) {
    collected.set(name, [...(collected.get(name) ?? []), value]);
  }
  return {
    headers: Object.fromEntries(collected),
    method: method === undefined ? undefined : checkMethod(method),
    version,
    body: typeof body === 'object' ? Buffer.from(body).toString('latin1') : body,
  };
}

function parseHeader(text: string): readonly [name: string, value: string] {
  const at = text.indexOf(':');
  const name = text.slice(0, Math.max(0, at)).trim();
  if (!TOKEN.test(name)) {
    // Its text is not repeated: it may be a secret.
    throw new UsageError('the value of a -H is not a header', { hint: 'write -H "Name: value"' });
  }
  return [name, checkHeaderValue(text.slice(at + 1).trim())];
}
