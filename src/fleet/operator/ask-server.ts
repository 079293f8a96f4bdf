import { nkeys } from '@nats-io/transport-node';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { Link } from '../connect.ts';
import { formatToken, type ServerAnswer, type ServerRequest, serverAnswer } from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';

/** nats-server reads its configuration again meanwhile. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * Lets a probe enroll once, within this time. The secret half of its key is made here, and nowhere else.
 * @returns the token
 * @throws EnvironmentError if the program that runs the server does not answer
 * @throws UsageError if it refuses
 */
export async function requestToken(link: Link, probe: string, lifeMs: number): Promise<string> {
  const pair = nkeys.createUser();
  const publicKey = pair.getPublicKey();
  const answer = await ask(link, { v: PROTOCOL, kind: 'enroll', probe, publicKey, lifeMs });
  if (answer.kind !== 'expected') throw unexpected();
  const seed = new TextDecoder().decode(pair.getSeed());
  return formatToken({ probe, seed, servers: answer.servers, ca: answer.ca });
}

/** Takes the credentials of a probe, or its token, back. @throws as {@link requestToken} */
export async function revokeProbe(link: Link, probe: string): Promise<void> {
  const answer = await ask(link, { v: PROTOCOL, kind: 'revoke', probe });
  if (answer.kind !== 'done') throw unexpected();
}

async function ask({ connection }: Link, request: ServerRequest): Promise<ServerAnswer> {
  const message = await connection
    .request(SUBJECTS.server, JSON.stringify(request), { timeout: ANSWER_WITHIN_MS })
    .catch((cause: Error) => {
      throw new EnvironmentError(`the program that runs the server does not answer (${cause.message})`, {
        hint: 'is nats-server run by "rushhour fleet up"? Only that changes who may connect',
        cause,
      });
    });
  const answer = readMessage(serverAnswer, message.data);
  if (answer === undefined) throw unexpected();
  if (answer.kind === 'refused') throw new UsageError(answer.why);
  return answer;
}

function unexpected(): EnvironmentError {
  return new EnvironmentError('the program that runs the server answers otherwise than expected', {
    hint: 'install the same rushhour on both machines',
  });
}
