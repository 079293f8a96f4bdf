import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { EnvironmentError } from '../../errors.ts';
import { destroyWhenIdle } from './destroy-when-idle.ts';
import { formatFingerprint } from './fingerprint.ts';
import {
  ANSWER,
  isSameSecret,
  LINE_TIMEOUT_MS,
  MAX_CAPTURE_BYTES,
  MAX_LINE_BYTES,
  PROTOCOL,
  type Welcome,
} from './protocol.ts';
import { readFirstLine } from './read-line.ts';

export interface PeerAddress {
  /** Address or name. */
  readonly host: string;
  readonly port: number;
  /** See {@link formatFingerprint}. */
  readonly fingerprint: string;
  readonly token: string;
}

export interface PeerConnection {
  readonly welcome: Welcome;
  /** Requests the rest and resolves once it has arrived, or after five seconds. Never rejects. */
  finish(): Promise<void>;
  /** Disconnects at once. */
  close(): void;
}

export interface PeerListener {
  /** The next bytes of a pcapng, untrusted until they have been parsed. */
  bytes(piece: Uint8Array): void;
  /** The peer disconnected before it was asked to finish; called at most once. @param why in words */
  lost(why: string): void;
}

const CONNECT_MS = 10_000;

/**
 * Connects to a peer, verifies its fingerprint, and only then sends the token.
 * @throws EnvironmentError with the remedy: unreachable, another certificate, a wrong token
 */
export async function connectPeer(peer: PeerAddress, listener: PeerListener): Promise<PeerConnection> {
  const socket = await open(peer);
  try {
    const { welcome, rest } = await introduce(socket, peer);
    return follow(socket, welcome, rest, listener);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function introduce(
  socket: TLSSocket,
  peer: PeerAddress,
): Promise<{ welcome: Welcome; rest: Uint8Array }> {
  const at = formatPeer(peer);
  const certificate = socket.getPeerCertificate().raw;
  const found = certificate === undefined ? 'none' : formatFingerprint(certificate);
  if (!isSameSecret(found, peer.fingerprint)) {
    throw new EnvironmentError(`${at} is not the peer: its fingerprint is ${found}`, {
      hint: 'use the fingerprint that rushhour peer printed when it started; if that is the one you gave, something else answers at this address',
    });
  }
  socket.write(`${JSON.stringify({ rushhour: PROTOCOL, token: peer.token })}\n`);
  try {
    const { line, rest } = await readFirstLine(socket, MAX_LINE_BYTES, LINE_TIMEOUT_MS);
    const answer = ANSWER.parse(JSON.parse(line));
    if ('refused' in answer) {
      // The peer's certificate is the right one, but this is still text from a network.
      const why = answer.refused.replaceAll(/\p{C}/gu, ' ');
      throw new EnvironmentError(`the peer ${at} refused: ${why}`, {
        hint: why.includes('token')
          ? 'set RUSHHOUR_PEER_TOKEN to the token that it printed'
          : 'see what the peer printed; both sides need the same version of rushhour, and it serves four runs at once',
      });
    }
    return { welcome: answer, rest };
  } catch (cause) {
    if (cause instanceof EnvironmentError) throw cause;
    throw new EnvironmentError(`${at} does not answer like a peer of this version`, {
      hint: 'use the same version of rushhour on both sides',
      cause,
    });
  }
}

function follow(
  socket: TLSSocket,
  welcome: Welcome,
  rest: Uint8Array,
  { bytes, lost }: PeerListener,
): PeerConnection {
  let received = 0;
  let isExpected = false;
  let why = 'closed the connection';
  const take = (piece: Uint8Array): void => {
    received += piece.length;
    if (received <= MAX_CAPTURE_BYTES) bytes(piece);
    else {
      why = 'sent more than a capture may hold';
      socket.destroy();
    }
  };
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => {
    if (!isExpected) lost(why);
  });
  socket.on('error', ({ message }) => {
    why = message;
  });
  // Our direction stays open until the run is over.
  socket.once('end', () => socket.end());
  if (rest.length > 0) take(rest);
  socket.on('data', take);
  socket.resume();
  return {
    welcome,
    async finish() {
      isExpected = true;
      socket.end();
      destroyWhenIdle(socket, () => received);
      await closed;
    },
    close() {
      isExpected = true;
      socket.destroy();
    },
  };
}

function open(peer: PeerAddress): Promise<TLSSocket> {
  const { host, port } = peer;
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new EnvironmentError(`the peer ${formatPeer(peer)} cannot be reached (${message})`, {
          hint: 'start it there with rushhour peer, and let its port through the firewall',
          cause,
        }),
      );
    };
    const socket = connect({
      ...{ host, port, minVersion: 'TLSv1.3', allowHalfOpen: true },
      // Its fingerprint is checked instead, before anything is sent.
      ...{ rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) },
    });
    const timer = setTimeout(() => fail(`no answer within ${CONNECT_MS / 1_000} s`), CONNECT_MS);
    socket.once('error', (error) => fail(error.message, error));
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      socket.on('error', () => {});
      socket.setKeepAlive(true, 10_000);
      resolve(socket);
    });
  });
}

function formatPeer({ host, port }: PeerAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
