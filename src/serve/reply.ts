import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { renderMessage } from '../render/web/message.ts';
import { PAGE_POLICY } from './policy.ts';
import type { Refusal } from './refusal.ts';
import type { Reply } from './types.ts';

const TYPES: Readonly<Record<Reply['type'], string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Of every answer, whatever it is. */
const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Cached only by the browser, and revalidated each time: a run continues, a label changes.
  'Cache-Control': 'private, no-cache',
};

/** For everything but pages of this server. */
const NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function htmlReply(body: string | Buffer, policy: string = PAGE_POLICY, status = 200): Reply {
  return { status, type: 'html', body, policy };
}

export function jsonReply(value: unknown, status = 200): Reply {
  return { status, type: 'json', body: `${JSON.stringify(value, null, 2)}\n` };
}

export function redirectReply(location: string): Reply {
  return { status: 303, type: 'html', body: '', headers: { Location: location } };
}

/** Why not, in the form in which it was asked. */
export function refusalReply({ status, message, hint, headers }: Refusal, isApi: boolean): Reply {
  const reply = isApi
    ? jsonReply({ error: message, ...(hint === undefined ? {} : { hint }) }, status)
    : htmlReply(renderMessage(message, hint), PAGE_POLICY, status);
  return { ...reply, headers };
}

/** Writes an answer: nothing where the browser has it already, no body to HEAD. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 24)}"`;
  const isKnown = reply.status === 200 && request.headers['if-none-match'] === etag;
  response.writeHead(isKnown ? 304 : reply.status, {
    ...HEADERS,
    'Content-Security-Policy': reply.policy ?? NOTHING,
    ...(reply.status === 200 ? { ETag: etag } : {}),
    ...(isKnown ? {} : { 'Content-Type': TYPES[reply.type], 'Content-Length': String(body.length) }),
    ...reply.headers,
  });
  if (isKnown || request.method === 'HEAD') response.end();
  else response.end(body);
}
