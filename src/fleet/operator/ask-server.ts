import { nkeys } from '@nats-io/transport-node';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { askNearest } from '../ask-nearest.ts';
import type { Link } from '../connect.ts';
import {
  formatToken,
  type Reach,
  type ServerAnswer,
  type ServerRequest,
  serverAnswer,
} from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { PROTOCOL, SUBJECTS } from '../protocol.ts';

/** nats-server reads its configuration again meanwhile, and the others of a cluster are told. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Lets a probe enroll once, within this time. The secret half of its key is made here, and nowhere else.
 * @returns the token, whether an earlier one is void by it, and how far it has come in a cluster
 * @throws EnvironmentError if the program that runs the server does not answer
 * @throws UsageError if it refuses
 */
export async function requestToken(
  link: Link,
  probe: string,
  lifeMs: number,
): Promise<{ readonly token: string; readonly isReplacing: boolean; readonly reach: Reach | undefined }> {
  const pair = nkeys.createUser();
  const publicKey = pair.getPublicKey();
  const answer = await ask(link, { v: PROTOCOL, kind: 'enroll', probe, publicKey, lifeMs });
  if (answer.kind !== 'expected') throw unexpected();
  const seed = new TextDecoder().decode(pair.getSeed());
  const { servers, ca, reach, replaces } = answer;
  return {
    ...{ token: formatToken({ probe, seed, servers, ca }), reach },
    isReplacing: replaces === true,
  };
}

/**
 * Takes the credentials of a probe, or its token, back.
 * @returns how far that has come, in a cluster; and when it was revoked before, milliseconds since 1970
 * @throws as {@link requestToken}
 */
export async function revokeProbe(
  link: Link,
  probe: string,
): Promise<{ readonly reach: Reach | undefined; readonly beforeAtMs: number | undefined }> {
  const answer = await ask(link, { v: PROTOCOL, kind: 'revoke', probe });
  if (answer.kind !== 'done') throw unexpected();
  return { reach: answer.reach, beforeAtMs: answer.beforeAtMs };
}

async function ask({ connection }: Link, request: ServerRequest): Promise<ServerAnswer> {
  const body = JSON.stringify(request);
  const message = await askNearest(connection, SUBJECTS.server, body, ANSWER_WITHIN_MS).catch(
    (cause: Error) => {
      throw new EnvironmentError(`the program that runs the server does not answer (${cause.message})`, {
        hint: 'is nats-server run by "rushhour fleet up"? Only that changes who may connect',
        cause,
      });
    },
  );
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
