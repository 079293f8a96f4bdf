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

/** A request as text, in which `{nonce}` stands for the attempt's number. */
export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
  readonly fields: readonly Field[];
  readonly body: string;
  /** Name of the field, one of `fields` and empty there, that takes the credentials. */
  readonly credentialsField?: string;
}

/**
 * Compiles a request into bytes, with the places of its nonces and of its credentials.
 * @param arm whose it is, for errors
 * @throws UsageError where a method, target or field would break out of its place in the message
 */
export function compileMessage(arm: Arm, message: Message): CompiledRequest {
  const { method, target, version, fields, body } = message;
  checkMethod(arm, method);
  checkTarget(arm, target);
  for (const [name, value] of fields) checkField(arm, name, value);
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  const place = fields.findIndex(([name]) => name === message.credentialsField);
  return {
    ...placeNonces(`${lines.join('\r\n')}\r\n\r\n${body}`),
    nonceWidth: NONCE_WIDTH,
    responseHasNoBody: method === 'HEAD',
    ...(place >= 0 && { credentialsAt: countBytes(lines.slice(0, place + 2).join('\r\n')) }),
  };
}

/** Bytes that a text comes to once its nonces are in it. */
export function countBytes(text: string): number {
  return Buffer.byteLength(text.replaceAll(NONCE, NONCE_PLACE));
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
