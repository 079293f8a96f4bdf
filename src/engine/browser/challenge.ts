import { type Challenge, readChallenge } from '../http/challenge.ts';
import type { EngineAuth } from '../types.ts';
import type { Answer } from './connection.ts';

/** What an answer that asks for credentials says; undefined for any other answer. */
export function challengeOf(answer: Answer, auth: EngineAuth | undefined): Challenge | undefined {
  if (auth === undefined || answer.status !== auth.status) return undefined;
  const lines = Object.entries(answer.headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}`),
  );
  const head = new TextEncoder().encode(`HTTP/1.1 ${answer.status} \r\n${lines.join('\r\n')}\r\n\r\n`);
  const challenge = readChallenge(head, auth.status, auth.scheme);
  return { ...challenge, persists: challenge.persists && answer.persists };
}
