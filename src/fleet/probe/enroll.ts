import { rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nkeys, PermissionViolationError } from '@nats-io/transport-node';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { writeJson } from '../../store/json-file.ts';
import { makeFolder } from '../../store/make-folder.ts';
import { askNearest } from '../ask-nearest.ts';
import { askForToken, connectFleet, RefusedError } from '../connect.ts';
import { type Credentials, readCredentials } from '../credentials.ts';
import { type EnrolmentToken, readToken, serverAnswer } from '../enrolment.ts';
import type { ProxyRoute } from '../link/proxy.ts';
import { readMessage } from '../messages.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';

const ANSWER_WITHIN_MS = 20_000;

/** The server does not take the token, whatever it is asked. */
class TokenError extends EnvironmentError {}

/**
 * Turns a token into credentials. The key is made on this machine and kept beside `file` before anybody is asked: if the
 * answer is lost, or this process is killed, the same token and key are good again.
 * @returns id of the probe
 * @throws UsageError if the file is there already, or if that is no token
 * @throws EnvironmentError if there is no server, if it does not take the token, or if the file cannot be written
 */
export async function enrollProbe(tokenText: string, file: string, proxy?: ProxyRoute): Promise<string> {
  const token = readToken(tokenText);
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) {
    throw new UsageError(`${file} is there already`, {
      hint: `a probe that has credentials needs no token; to enroll it anew, have the operator revoke it first (rushhour fleet revoke ${token.probe}), make a new token, and only then remove the file`,
    });
  }
  const draft = `${file}.enrolling`;
  const credentials = await makeFolder(dirname(file), 0o700)
    .then(() => makeCredentials(token, draft))
    .catch((cause: Error) => {
      throw new EnvironmentError(`the credentials ${file} cannot be written (${cause.message})`, {
        hint: 'choose another file with --credentials, or free disk space; the token is as good as before',
        cause,
      });
    });
  const failure = await ask(token, credentials, proxy).catch((error: Error) => error);
  // Whatever was answered, only this shows that it may connect: an earlier answer may have been lost.
  try {
    const { connection } = await connectFleet(credentials, { isPatient: false, proxy });
    await connection.close();
  } catch (error) {
    const isRefused = failure instanceof TokenError || failure instanceof RefusedError;
    // Neither this token nor this key will ever be taken: a key that lies about is of no use to its owner.
    if (isRefused && error instanceof RefusedError) await rm(draft, { force: true });
    throw failure ?? error;
  }
  await rename(draft, file);
  return token.probe;
}

async function makeCredentials({ probe, servers, ca }: EnrolmentToken, draft: string): Promise<Credentials> {
  const begun = await readCredentials(draft).catch(() => undefined);
  const isSame = begun?.role.kind === 'probe' && begun.role.id === probe && begun.ca === ca;
  const seed = isSame ? begun.seed : new TextDecoder().decode(nkeys.createUser().getSeed());
  const credentials: Credentials = {
    ...{ schema: 1, role: { kind: 'probe', id: probe }, servers: [...servers], seed, ca },
  };
  await writeJson(draft, credentials, 0o600);
  return credentials;
}

function isForbidden(error: unknown): boolean {
  if (error instanceof PermissionViolationError) return true;
  return error instanceof Error && error.cause instanceof PermissionViolationError;
}

/** @throws TokenError if the token is refused */
async function ask(
  { probe, servers, seed, ca }: EnrolmentToken,
  credentials: Credentials,
  proxy: ProxyRoute | undefined,
): Promise<undefined> {
  const role = { kind: 'newcomer', id: probe } as const;
  const { connection } = await connectFleet(
    { role, servers: [...servers], seed, ca },
    { isPatient: false, proxy },
  );
  try {
    const publicKey = nkeys.fromSeed(new TextEncoder().encode(credentials.seed)).getPublicKey();
    const body = JSON.stringify({ v: PROTOCOL, publicKey });
    const message = await askNearest(
      connection,
      (name) => SUBJECTS.enrolment(probe, name),
      body,
      ANSWER_WITHIN_MS,
    );
    const answer = readMessage(serverAnswer, message.data);
    if (answer?.kind === 'done') return undefined;
    const why = answer?.kind === 'refused' ? answer.why : 'the answer is none that this version understands';
    throw new TokenError(`the server did not enroll ${probe}: ${why}`, { hint: askForToken(probe) });
  } catch (cause) {
    if (cause instanceof TokenError) throw cause;
    // Its holder may ask for its own probe alone.
    if (isForbidden(cause)) {
      throw new TokenError(`the token for ${probe} is not valid: its secret is that of another token`, {
        hint: askForToken(probe),
        cause,
      });
    }
    throw new EnvironmentError(`the server did not answer the token (${(cause as Error).message})`, {
      hint: 'is it run by "rushhour fleet up"? Try again with the same token',
      cause,
    });
  } finally {
    await connection.close();
  }
}
