import { UsageError } from '../../errors.ts';
import { tunnelHostOf, type UriHost, uriHostOf } from '../../scenario/host-names.ts';
import { MARKER_FIELD } from '../../scenario/marker.ts';
import type { Arm, AuthSpec } from '../../scenario/types.ts';
import { sendsNothing } from '../../scenario/words.ts';
import type { CompiledRequest } from '../types.ts';
import { bodyBytes, compileMessage, countBytes, type Field } from './message.ts';

/** A user agent sends Content-Length with these even for an empty body (RFC 9110 section 8.6). */
const METHODS_WITH_BODY: readonly string[] = ['POST', 'PUT', 'PATCH'];

const USER_AGENT: Field = ['User-Agent', 'rushhour'];

/** Where credentials go (RFC 9110 sections 11.6.2 and 11.7.2). */
const CREDENTIALS_FIELDS: Readonly<Record<AuthSpec['to'], string>> = {
  proxy: 'Proxy-Authorization',
  origin: 'Authorization',
};

/**
 * Compiles what an arm sends without credentials into bytes and the positions of its nonces; undefined if it sends
 * nothing. For a tunnel: the request sent through it.
 * @throws UsageError if a method, path or header would break the message syntax
 */
export function compileRequest(arm: Arm): CompiledRequest | undefined {
  if (sendsNothing(arm.via)) return undefined;
  const isToBeAnswered = arm.auth?.mode === 'challenge' && !isAskedByTunnel(arm);
  return compileExchange(arm, arm.holdUs > 0 || isToBeAnswered);
}

/**
 * Compiles what an arm sends with credentials, and their position; undefined if it has none. If the proxy of a tunnel
 * requires them, this is the CONNECT.
 * @throws UsageError as {@link compileRequest} does, and if the arm also sets the credentials field itself
 */
export function compileAuthRequest(arm: Arm): CompiledRequest | undefined {
  if (arm.auth === undefined || sendsNothing(arm.via)) return undefined;
  const field = CREDENTIALS_FIELDS[arm.auth.to];
  return isAskedByTunnel(arm) ? compileConnect(arm, field) : compileExchange(arm, arm.holdUs > 0, field);
}

/** Compiles the CONNECT of an arm that uses a tunnel, without credentials; undefined for any other arm. */
export function compileTunnel(arm: Arm): CompiledRequest | undefined {
  return arm.via === 'tunnel' ? compileConnect(arm) : undefined;
}

/** Whether the CONNECT, rather than the request inside the tunnel, carries the credentials. */
function isAskedByTunnel(arm: Arm): boolean {
  return arm.via === 'tunnel' && arm.auth?.to === 'proxy';
}

function compileExchange(arm: Arm, isKept: boolean, credentialsField?: string): CompiledRequest {
  const { method, version, body, bodyIsBytes } = arm.request;
  return compileMessage(arm, {
    method,
    target: requestTarget(arm),
    version,
    fields: requestFields(arm, isKept, credentialsField),
    body,
    ...(bodyIsBytes && { bodyIsBytes }),
    ...(credentialsField !== undefined && { credentialsField }),
  });
}

/**
 * CONNECT names host and port both in its target and in Host (RFC 9110 section 9.3.6, RFC 9112 section 3.2.3). The
 * other fields are those that curl and Chromium send: `Proxy-Connection` is not in any standard, but some proxies
 * close after a 407 without it.
 */
function compileConnect(arm: Arm, credentialsField?: string): CompiledRequest {
  const { host, port } = arm.target;
  const target = `${tunnelHostOf(host)}:${port}`;
  const isUserAgent = ([name]: Field): boolean => name.toLowerCase() === 'user-agent';
  return compileMessage(arm, {
    method: 'CONNECT',
    target,
    version: '1.1',
    fields: [
      ['Host', target],
      ...credentialsPlace(credentialsField),
      arm.request.headers.find(isUserAgent) ?? USER_AGENT,
      ['Proxy-Connection', 'keep-alive'],
      ...markerField(arm),
    ],
    body: '',
    ...(credentialsField !== undefined && { credentialsField }),
  });
}

/** Absolute-form to a proxy, origin-form to the target itself (RFC 9112 section 3.2). */
function requestTarget(arm: Arm): string {
  const path = arm.target.path === '' ? '/' : arm.target.path;
  return arm.via === 'proxy' ? `${arm.target.scheme}://${authority(arm)}${path}` : path;
}

/** Host and port of the target URI, without the scheme's default port (RFC 9110 sections 4.2.1 and 4.2.2). */
export function authority(arm: Arm): string {
  const { host, port, scheme } = arm.target;
  const defaultPort = scheme === 'https' ? 443 : 80;
  const named: UriHost = uriHostOf(host);
  return port === defaultPort ? named : `${named}:${port}`;
}

/** The arm's own fields replace defaults of the same name; Host comes first (RFC 9110 section 7.2). */
export function requestFields(arm: Arm, isKept: boolean, credentialsField?: string): readonly Field[] {
  const own = arm.request.headers;
  const ownNames = new Set(own.map(([name]) => name.toLowerCase()));
  if (credentialsField !== undefined && ownNames.has(credentialsField.toLowerCase())) {
    throw new UsageError(`Arm "${arm.name}" has both auth and a header ${credentialsField}.`, {
      hint: 'Remove the header: auth sets it.',
    });
  }
  const defaults = defaultFields(arm, isKept, ownNames).filter(([name]) => !ownNames.has(name.toLowerCase()));
  const isHost = ([name]: Field): boolean => name.toLowerCase() === 'host';
  const all = [...defaults, ...own];
  return [
    ...all.filter(isHost),
    ...credentialsPlace(credentialsField),
    ...all.filter((field) => !isHost(field)),
  ];
}

function credentialsPlace(field: string | undefined): readonly Field[] {
  return field === undefined ? [] : [[field, '']];
}

/**
 * What a capture is searched for, near and far: the marker, and which attempt it is. A browser's requests are numbered one by one, and
 * not by connection: there the marker stands alone.
 */
function markerField({ marker, name, load }: Arm): readonly Field[] {
  if (marker === undefined) return [];
  return [[MARKER_FIELD, load.kind === 'browsers' ? marker : `${marker}/${name}/{nonce}`]];
}

/**
 * ab and curl send it too: some proxies refuse a request without User-Agent.
 *
 * A client that will close says so (RFC 9112 section 9.6), and the far end then sends the first FIN. The same field
 * applies to a proxy: Connection is hop-by-hop, so the proxy obeys it and does not forward it. `Proxy-Connection` is
 * omitted, as RFC 9112 appendix C.2.2 asks; ab omits it too, curl sends it out of habit.
 */
function defaultFields(arm: Arm, isKept: boolean, ownNames: ReadonlySet<string>): readonly Field[] {
  const fields: Field[] = [['Host', authority(arm)], USER_AGENT, ['Accept', '*/*'], ...markerField(arm)];
  if (!isKept) fields.push(['Connection', 'close']);
  // HTTP/1.1 keeps connections open by default (RFC 9112 section 9.3); HTTP/1.0 has to ask for it.
  else if (arm.request.version === '1.0') fields.push(['Connection', 'keep-alive']);
  const { method, body } = arm.request;
  const hasBody = body !== '' || METHODS_WITH_BODY.includes(method);
  if (hasBody && !ownNames.has('transfer-encoding')) {
    fields.push(['Content-Length', String(countBytes(bodyBytes(arm.request)))]);
  }
  return fields;
}
