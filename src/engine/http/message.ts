import { UsageError } from '../../errors.ts';
import type { Arm } from '../../scenario/types.ts';
import type { HttpVersion } from '../../scenario/words.ts';
import type { CompiledRequest } from '../types.ts';

/** Digits of a nonce field: as many as the largest exact integer (2^53) has. */
export const NONCE_WIDTH = 16;

const NONCE = '{nonce}';
const NONCE_PLACE = '0'.repeat(NONCE_WIDTH);

/** tchar+, RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export type Field = readonly [name: string, value: string];

/** A request as text, with `{nonce}` as the placeholder for the attempt's number. */
export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
  readonly fields: readonly Field[];
  readonly body: string;
  /** Each character of the body represents a byte; otherwise it is text. */
  readonly bodyIsBytes?: boolean;
  /** Name of the field that carries the credentials; it is in `fields`, with an empty value. */
  readonly credentialsField?: string;
}

/**
 * Compiles a request into bytes and the positions of its nonces and credentials.
 * @param arm the request's arm, for errors
 * @throws UsageError if a method, target or field would break the message syntax
 */
export function compileMessage(arm: Arm, message: Message): CompiledRequest {
  const { method, target, version, fields } = message;
  checkMethod(arm, method);
  checkTarget(arm, target);
  for (const [name, value] of fields) checkField(arm, name, value);
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  const place = fields.findIndex(([name]) => name === message.credentialsField);
  return {
    ...placeNonces(`${toBytes(`${lines.join('\r\n')}\r\n\r\n`)}${bodyBytes(message)}`),
    nonceWidth: NONCE_WIDTH,
    responseHasNoBody: method === 'HEAD',
    ...(place >= 0 && { credentialsAt: countBytes(toBytes(lines.slice(0, place + 2).join('\r\n'))) }),
  };
}

/** A body as sent, apart from its nonces: one character per byte. */
export function bodyBytes({ body, bodyIsBytes }: Pick<Message, 'body' | 'bodyIsBytes'>): string {
  return bodyIsBytes === true ? body : toBytes(body);
}

function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Length in bytes after the nonces are inserted.
 * @param bytes one character each
 */
export function countBytes(bytes: string): number {
  return bytes.replaceAll(NONCE, NONCE_PLACE).length;
}

function placeNonces(bytes: string): Pick<CompiledRequest, 'bytes' | 'nonceOffsets'> {
  const parts = bytes.split(NONCE);
  const nonceOffsets: number[] = [];
  let length = 0;
  for (const part of parts.slice(0, -1)) {
    length += part.length;
    nonceOffsets.push(length);
    length += NONCE_WIDTH;
  }
  return { bytes: new Uint8Array(Buffer.from(parts.join(NONCE_PLACE), 'latin1')), nonceOffsets };
}

function checkMethod(arm: Arm, method: string): void {
  if (TOKEN.test(method)) return;
  throw new UsageError(`Arm "${arm.name}": ${JSON.stringify(method)} is not an HTTP method.`, {
    hint: 'A method is one word, such as GET or POST.',
  });
}

function checkTarget(arm: Arm, target: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!/[\x00-\x20\x7f]/.test(target)) return;
  throw new UsageError(
    `Arm "${arm.name}": the target ${JSON.stringify(target)} contains a space or a control character, which would end it early in the request line.`,
    { hint: 'Percent-encode it: a space is %20.' },
  );
}

function checkField(arm: Arm, name: string, value: string): void {
  if (!TOKEN.test(name)) {
    throw new UsageError(`Arm "${arm.name}": ${JSON.stringify(name)} is not a header name.`, {
      hint: 'A header name consists of letters, digits and hyphens, without a colon or space.',
    });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 9110 section 5.5 forbids exactly these
  if (/[\x00\r\n]/.test(value)) {
    throw new UsageError(`Arm "${arm.name}": the value of header ${name} contains a line break or a NUL.`, {
      hint: 'A header value is one line; write each header as a separate entry.',
    });
  }
}
