import { type Challenge, readChallenge } from '../http/challenge.ts';
import type { EngineAuth } from '../types.ts';
import type { Answer } from './types.ts';

/** What a response that asks for credentials says; undefined for any other response. */
export function challengeOf(answer: Answer, auth: EngineAuth | undefined): Challenge | undefined {
  if (auth === undefined || answer.status !== auth.status) return undefined;
  const challenge = readHeaders(answer.headers, auth);
  return { ...challenge, persists: challenge.persists && answer.persists };
}

/**
 * Whether the head of a response asks for credentials on a connection that cannot carry them, because it is about to
 * close or only its close would end the body. Chromium then opens another at once
 * (HttpNetworkTransaction::PrepareForAuthRestart).
 */
export function asksElsewhere(
  status: number,
  headers: Answer['headers'],
  auth: EngineAuth | undefined,
): boolean {
  if (auth === undefined || status !== auth.status) return false;
  const coding = [headers['transfer-encoding'] ?? []].flat().at(-1) ?? '';
  const isDelimited = headers['content-length'] !== undefined || /(^|,)[ \t]*chunked[ \t]*$/i.test(coding);
  return !isDelimited || !readHeaders(headers, auth).persists;
}

function readHeaders(headers: Answer['headers'], { status, scheme }: EngineAuth): Challenge {
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}`),
  );
  const head = new TextEncoder().encode(`HTTP/1.1 ${status} \r\n${lines.join('\r\n')}\r\n\r\n`);
  return readChallenge(head, status, scheme);
}
