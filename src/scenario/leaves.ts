import { isIP } from 'node:net';
import * as z from 'zod';
import { UsageError } from '../errors.ts';

/** What a leaf tells editors about itself, as JSON Schema keywords. */
interface LeafMeta {
  readonly pattern?: string;
  readonly examples: readonly (string | number)[];
}

/** The part of an issue that says what to do about it; see problems.ts. */
export function fixParams(fix: string | undefined): { fix: string } {
  return { fix: fix ?? 'see docs/scenarios.md' };
}

/** Text that a parser turns into a value; errors thrown by the parser become issues, so that all are found at once. */
export function parsedText<T>(parse: (text: string) => T, meta: LeafMeta) {
  return z
    .string()
    .meta({ ...meta, examples: [...meta.examples] })
    .transform(readingBy(parse));
}

/** Values that YAML may also give as a number: a quantity without its unit, which the parser reads like text. */
export function parsedQuantity<T>(parse: (text: string) => T, { examples, ...meta }: LeafMeta) {
  // The parser reports what is out of range, so that text and numbers are refused in the same words.
  return z
    .union([z.string().meta(meta), z.number().meta({ minimum: 0 })])
    .meta({ examples: [...examples] })
    .transform((written, context) => readingBy(parse)(String(written), context));
}

function readingBy<T>(parse: (text: string) => T) {
  return (text: string, context: z.core.$RefinementCtx): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      context.issues.push({
        code: 'custom',
        message: error.message,
        params: fixParams(error.hint),
        input: text,
      });
      return z.NEVER;
    }
  };
}

/** A key that must match a pattern. */
export function namedKey(pattern: RegExp, what: string, fix: string) {
  return z
    .string()
    .meta({ pattern: pattern.source })
    .check((context) => {
      if (pattern.test(context.value)) return;
      context.issues.push({
        code: 'custom',
        message: `${JSON.stringify(context.value)} is not a ${what}`,
        params: fixParams(fix),
        input: context.value,
      });
    });
}

/**
 * Reads a header's value (RFC 9110 section 5.5): a line break in it would start another header, or another request.
 * @throws UsageError
 */
export function checkHeaderValue(value: string): string {
  if (/[\r\n]/.test(value)) {
    throw new UsageError('a header contains a line break', {
      hint: 'write one header per line, each under its own name',
    });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[^\x00-\xff]/.test(value)) {
    // The characters are not shown: the value may be a secret.
    throw new UsageError('a header value contains characters that HTTP does not allow', {
      hint: 'use printable Latin-1 characters, spaces and tabs',
    });
  }
  return value;
}

/**
 * Reads a request method (RFC 9110 section 9.1). CONNECT opens a tunnel, so it is not an exchange that ends.
 * @throws UsageError
 */
export function checkMethod(method: string): string {
  if (!TOKEN.test(method)) {
    throw new UsageError(`${JSON.stringify(method)} is not a request method`, {
      hint: 'write one such as GET',
    });
  }
  if (method.toUpperCase() === 'CONNECT') {
    throw new UsageError('CONNECT is not a request method here: via: tunnel sends it', {
      hint: 'use via: tunnel (hit: -p), or via: tcp to test only the handshake with the proxy',
    });
  }
  return method;
}

/**
 * Reads a source address.
 * @throws UsageError
 */
export function checkAddress(address: string): string {
  if (isIP(address) !== 0) return address;
  throw new UsageError(`"${address}" is not an IP address`, {
    hint: 'give an address of this machine, such as 192.0.2.10',
  });
}

/** RFC 9110 section 5.6.2. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
