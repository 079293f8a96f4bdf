import { type Dispatcher, errors } from 'undici';

/** What an address answered. */
export interface Reply {
  readonly status: number;
  /** How long it asks not to be contacted, milliseconds; absent if it did not say. */
  readonly afterMs?: number;
  /** The beginning of its body. */
  readonly text: string;
}

/** There was no response: why, in words. */
export interface Silence {
  readonly silence: string;
}

export interface Posting {
  readonly method: 'POST' | 'PUT';
  /** From the root, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Longest part of an error that is shown. */
const MAX_TEXT_BYTES = 2_048;

/** One request and its answer. Throws nothing. Redirections are not followed: credentials would go with them. */
export async function request(
  dispatcher: Dispatcher,
  origin: string,
  posting: Posting,
): Promise<Reply | Silence> {
  const { timeoutMs, signal, method, path, headers, body } = posting;
  // undici's own timeouts are each of one phase: a far end that drips would take for ever.
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await dispatcher.request({
      ...{ origin, method, path, headers, body },
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await readStart(response.body);
    const afterMs = readRetryAfter(response.headers['retry-after']);
    return { status: response.statusCode, text, ...(afterMs !== undefined && { afterMs }) };
  } catch (error) {
    if (timeout.aborted) return { silence: `no answer within ${timeoutMs / 1_000} s` };
    return { silence: explain(error) };
  }
}

async function readStart(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_TEXT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_TEXT_BYTES);
}

/** RFC 9110, 10.2.3: seconds, or a date. */
export function readRetryAfter(value: string | string[] | undefined, nowMs = Date.now()): number | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function explain(error: unknown): string {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '' } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `its name does not resolve (${code})`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `the connection was cut (${code})`;
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'the connection timed out';
    default:
      if (error instanceof errors.UndiciError) return `${error.message} (${code})`;
      return cause instanceof Error ? cause.message : String(cause);
  }
}
