import { rm } from 'node:fs/promises';
import { checkProbeId, type ServerAnswer, type ServerRequest } from '../enrolment.ts';
import { PROTOCOL } from '../protocol.ts';
import { credentialsFileOf } from './fleet-folder.ts';
import { readUsers, writeUsers } from './users.ts';

const refuse = (why: string): Extract<ServerAnswer, { kind: 'refused' }> => ({
  ...{ v: PROTOCOL, kind: 'refused', why },
});

/** Notes a token of which only the public half is known here. @returns why not, or undefined */
export async function expectProbe(
  dir: string,
  { probe, publicKey, lifeMs }: Extract<ServerRequest, { kind: 'enroll' }>,
  nowMs: number,
): Promise<ServerAnswer | undefined> {
  checkProbeId(probe);
  const users = await readUsers(dir);
  if (users.probes.some(({ id }) => id === probe)) {
    return refuse(
      `${probe} is enrolled already: "rushhour fleet revoke ${probe}" first, if it is to be replaced`,
    );
  }
  const others = users.tokens.filter(({ id, expiresAtMs }) => id !== probe && expiresAtMs > nowMs);
  const token = { id: probe, publicKey, expiresAtMs: nowMs + lifeMs };
  await writeUsers(dir, { ...users, tokens: [...others, token] });
  return undefined;
}

/**
 * Makes a probe of whoever holds a token. Asked again for the same key, as after a lost answer, it has been done.
 * @param key public half of the key that the probe has made
 */
export async function admitProbe(
  dir: string,
  probe: string,
  key: string,
  nowMs: number,
): Promise<ServerAnswer> {
  const users = await readUsers(dir);
  const token = users.tokens.find(({ id }) => id === probe);
  if (token === undefined || token.expiresAtMs <= nowMs) return refuse('the token has expired');
  if (token.usedBy !== undefined && token.usedBy !== key) return refuse('the token has been used');
  const tokens = users.tokens.map((each) => (each === token ? { ...token, usedBy: key } : each));
  const probes = [...users.probes.filter(({ id }) => id !== probe), { id: probe, publicKey: key }];
  await writeUsers(dir, { ...users, probes, tokens });
  return { v: PROTOCOL, kind: 'done' };
}

/** Forgets a probe, its token, and the credentials that were made here. @returns why not, or undefined */
export async function forgetProbe(dir: string, probe: string): Promise<ServerAnswer | undefined> {
  const users = await readUsers(dir);
  const isKnown = [...users.probes, ...users.tokens].some(({ id }) => id === probe);
  if (!isKnown) return refuse(`no probe ${probe} is enrolled, and no token for one is open`);
  // First the file: a probe of which only that is left would come back.
  await rm(credentialsFileOf(dir, probe), { force: true });
  await writeUsers(dir, {
    ...users,
    probes: users.probes.filter(({ id }) => id !== probe),
    tokens: users.tokens.filter(({ id }) => id !== probe),
  });
  return undefined;
}

/** Tokens that have expired, or been used some time ago, are no users any more. */
export async function dropTokens(
  dir: string,
  isOver: (token: { expiresAtMs: number; usedBy?: string | undefined }) => boolean,
): Promise<void> {
  const users = await readUsers(dir);
  const tokens = users.tokens.filter((token) => !isOver(token));
  if (tokens.length < users.tokens.length) await writeUsers(dir, { ...users, tokens });
}
