import type { Socket } from 'node:net';
import type { EngineArm, EngineAuth } from '../../src/engine/types.ts';
import { armTo, authRequestOf, nonceOf, requestOf } from '../support/arms.ts';
import { type Behaviour, type Peer, responseOf } from '../support/servers.ts';

export const ASKING = '407 Proxy Authentication Required';
export const OFFER = 'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="r"\r\n';
export const CHALLENGE = responseOf('who are you', ASKING, OFFER);
export const OK = responseOf('hello');

const PLAIN = requestOf('GET /{nonce} HTTP/1.1\r\nHost: peer\r\n\r\n');
export const AUTHORISED = authRequestOf(
  'GET /{nonce} HTTP/1.1\r\nHost: peer\r\nProxy-Authorization: {credentials}\r\nX: {nonce}\r\n\r\n',
);

/** What comes of {@link AUTHORISED} once an attempt's number and credentials are in it. */
export function authorisedText(attempt: number, credentials: string): string {
  const nonce = nonceOf(attempt);
  return `GET /${nonce} HTTP/1.1\r\nHost: peer\r\nProxy-Authorization: ${credentials}\r\nX: ${nonce}\r\n\r\n`;
}

export interface Wallet extends EngineAuth {
  /** Every value given out. */
  readonly given: string[];
}

/** Credentials of which no two are alike. */
export function walletOf(changes: Partial<EngineAuth> = {}): Wallet {
  const given: string[] = [];
  return {
    mode: 'challenge',
    status: 407,
    scheme: 'Basic',
    request: AUTHORISED,
    credentials(attempt) {
      const value = `Basic ${attempt}/${given.length}`;
      given.push(value);
      return value;
    },
    given,
    ...changes,
  };
}

export function authArmTo(peer: Peer, auth: EngineAuth, changes: Partial<EngineArm> = {}): EngineArm {
  return armTo(peer, { request: PLAIN, auth, ...changes });
}

export function hasCredentials(message: string): boolean {
  return /^(proxy-)?authorization:/im.test(message);
}

/** Answers with a challenge, and with something else once there are credentials. */
export function asking(answer: (socket: Socket, message: string) => void, challenge = CHALLENGE): Behaviour {
  return {
    request(socket, message) {
      if (hasCredentials(message)) answer(socket, message);
      else socket.write(challenge, 'latin1');
    },
  };
}

/** Challenges, then answers and closes. */
export const WELCOMING = asking((socket) => socket.end(OK));
