import { isIPv6 } from 'node:net';
import { UsageError } from '../../errors.ts';
import type { Arm } from '../../scenario/types.ts';
import type { CompiledRequest } from '../types.ts';

/** Digits of a nonce field: as many as the largest exact integer (2^53) has. */
export const NONCE_WIDTH = 16;

const NONCE = '{nonce}';
const NONCE_PLACE = '0'.repeat(NONCE_WIDTH);

/** tchar+, RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A user agent sends a length with these even for an empty body (RFC 9110 section 8.6). */
const METHODS_WITH_BODY: readonly string[] = ['POST', 'PUT', 'PATCH'];

type Field = readonly [name: string, value: string];

/**
 * Compiles what an arm sends into bytes, with the places of its nonces; undefined where it sends nothing.
 * @throws UsageError where a method, path or header would break out of its place in the message
 */
export function compileRequest(arm: Arm): CompiledRequest | undefined {
  if (arm.via === 'tcp') return undefined;
  const { method, version, body } = arm.request;
  checkMethod(arm, method);
  const target = requestTarget(arm);
  checkTarget(arm, target);
  const fields = headerFields(arm);
  for (const [name, value] of fields) checkField(arm, name, value);
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  return {
    ...placeNonces(`${lines.join('\r\n')}\r\n\r\n${body}`),
    nonceWidth: NONCE_WIDTH,
    responseHasNoBody: method === 'HEAD',
  };
}

/** Absolute-form to a proxy, origin-form to the target itself (RFC 9112 section 3.2). */
function requestTarget(arm: Arm): string {
  const path = arm.target.path === '' ? '/' : arm.target.path;
  return arm.via === 'proxy' ? `http://${authority(arm)}${path}` : path;
}

/** Host and port of the target URI, without the scheme's default port (RFC 9110 section 4.2.3). */
function authority(arm: Arm): string {
  const { host, port } = arm.target;
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === 80 ? name : `${name}:${port}`;
}

/** The arm's own fields replace defaults of the same name; Host comes first (RFC 9110 section 7.2). */
function headerFields(arm: Arm): readonly Field[] {
  const own = arm.request.headers;
  const ownNames = new Set(own.map(([name]) => name.toLowerCase()));
  const defaults = defaultFields(arm, ownNames).filter(([name]) => !ownNames.has(name.toLowerCase()));
  const isHost = ([name]: Field): boolean => name.toLowerCase() === 'host';
  const all = [...defaults, ...own];
  return [...all.filter(isHost), ...all.filter((field) => !isHost(field))];
}

/**
 * What ab and curl send, too: some proxies refuse a request without User-Agent.
 *
 * A client that will close says so (RFC 9112 section 9.6), and the far end then sends the first FIN. To a proxy it is
 * the same field: Connection is hop by hop, so the proxy obeys it and does not pass it on. `Proxy-Connection` is left
 * out, as RFC 9112 appendix C.2.2 asks; ab leaves it out as well, curl sends it out of habit.
 */
function defaultFields(arm: Arm, ownNames: ReadonlySet<string>): readonly Field[] {
  const fields: Field[] = [
    ['Host', authority(arm)],
    ['User-Agent', 'rushhour'],
    ['Accept', '*/*'],
  ];
  if (arm.holdUs === 0) fields.push(['Connection', 'close']);
  // HTTP/1.1 keeps connections by default (RFC 9112 section 9.3); HTTP/1.0 has to be asked.
  else if (arm.request.version === '1.0') fields.push(['Connection', 'keep-alive']);
  const { method, body } = arm.request;
  const hasBody = body !== '' || METHODS_WITH_BODY.includes(method);
  if (hasBody && !ownNames.has('transfer-encoding')) {
    fields.push(['Content-Length', String(Buffer.byteLength(body.replaceAll(NONCE, NONCE_PLACE)))]);
  }
  return fields;
}

function placeNonces(message: string): Pick<CompiledRequest, 'bytes' | 'nonceOffsets'> {
  const parts = message.split(NONCE);
  const nonceOffsets: number[] = [];
  let length = 0;
  for (const part of parts.slice(0, -1)) {
    length += Buffer.byteLength(part);
    nonceOffsets.push(length);
    length += NONCE_WIDTH;
  }
  return { bytes: new TextEncoder().encode(parts.join(NONCE_PLACE)), nonceOffsets };
}

function checkMethod(arm: Arm, method: string): void {
  if (TOKEN.test(method)) return;
  throw new UsageError(`Arm "${arm.name}": ${JSON.stringify(method)} is no HTTP method.`, {
    hint: 'A method is one word, such as GET or POST.',
  });
}

function checkTarget(arm: Arm, target: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\x00-\x20\x7f]/.test(target)) return;
  throw new UsageError(
    `Arm "${arm.name}": the target ${JSON.stringify(target)} holds a space or a control character, which would end it early in the request line.`,
    { hint: 'Percent-encode it: a space is %20.' },
  );
}

function checkField(arm: Arm, name: string, value: string): void {
  if (!TOKEN.test(name)) {
    throw new UsageError(`Arm "${arm.name}": ${JSON.stringify(name)} is no header name.`, {
      hint: 'A header name has letters, digits and hyphens, and no colon or space.',
    });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 9110 section 5.5 forbids exactly these
  if (/[\x00\r\n]/.test(value)) {
    throw new UsageError(`Arm "${arm.name}": the value of header ${name} holds a line break or a NUL.`, {
      hint: 'A header value is one line; give each header an entry of its own.',
    });
  }
}
