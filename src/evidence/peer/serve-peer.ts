import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { EnvironmentError } from '../../errors.ts';
import type { CaptureTime } from '../../net/capture/pcapng-encode.ts';
import { createSelfSigned } from '../../net/self-signed.ts';
import { CaptureStream } from './capture-stream.ts';
import { destroyWhenIdle } from './destroy-when-idle.ts';
import { formatFingerprint } from './fingerprint.ts';
import { type Answer, HELLO, isSameSecret, LINE_TIMEOUT_MS, MAX_LINE_BYTES, PROTOCOL } from './protocol.ts';
import { readFirstLine } from './read-line.ts';

export interface PeerOptions {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token: string;
  /** The interface captured on, and the ports watched there. */
  readonly interfaceName: string;
  readonly ports: readonly number[];
  /** The program that writes the captures, with its version. */
  readonly application: string;
  /** Packets lost before they arrived here, since the start. */
  readonly lost: () => number;
  /** Reports what happens, in one line without control characters. */
  readonly say: (line: string) => void;
}

export interface ServedPeer {
  readonly port: number;
  readonly fingerprint: string;
  /** Number of runs being served. */
  readonly clients: number;
  /** Passes a packet to every run being served. */
  write(time: CaptureTime, frame: Uint8Array, wireBytes: number): void;
  close(): Promise<void>;
}

/** Each gets a copy of every packet. */
const MAX_CLIENTS = 4;
/** Including those that have not authenticated yet. */
const MAX_CONNECTIONS = 32;
/** A wrong token is answered late, which limits guessing. */
const REFUSAL_MS = 1_000;
const WRONG_TOKEN = 'wrong token';
/** Refusals logged: an attacker must not fill a log. */
const REFUSALS_SHOWN_PER_MINUTE = 10;
/** How long a refusal may take to be sent. */
const LAST_MS = 5_000;

interface Client {
  readonly socket: TLSSocket;
  readonly stream: CaptureStream;
  readonly lostBefore: number;
}

/**
 * Serves what arrives here to runs that have the token, over TLS 1.3 with a certificate made for this process.
 * @throws EnvironmentError if it cannot listen there
 */
export async function servePeer(options: PeerOptions): Promise<ServedPeer> {
  const { key, certificate } = createSelfSigned('rushhour peer', [options.address], Date.now());
  const server = createServer({
    ...{ key, cert: certificate, minVersion: 'TLSv1.3', allowHalfOpen: true },
    ...{ handshakeTimeout: LINE_TIMEOUT_MS },
  });
  server.maxConnections = MAX_CONNECTIONS;
  const clients = new Set<Client>();
  const sockets = new Set<TLSSocket>();
  const sayRefused = limited(options.say);
  // A client that does not speak TLS, or resets, has failed already.
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    void welcome(socket);
  });

  async function welcome(socket: TLSSocket): Promise<void> {
    const from = socket.remoteAddress ?? 'nowhere';
    const why = await whyRefused(socket, options.token);
    if (socket.destroyed) return;
    if (why !== undefined) {
      sayRefused(`refused ${from}: ${why}`);
      await new Promise((resolve) => setTimeout(resolve, REFUSAL_MS));
      return refuse(socket, why === WRONG_TOKEN ? 'the token is not the one that this peer printed' : why);
    }
    if (clients.size >= MAX_CLIENTS) {
      options.say(`refused ${from}: ${MAX_CLIENTS} runs are served already`);
      return refuse(socket, `${MAX_CLIENTS} runs are served already`);
    }
    serve(socket, from);
  }

  function serve(socket: TLSSocket, from: string): void {
    const { interfaceName, ports, application } = options;
    socket.write(encode({ rushhour: PROTOCOL, interface: interfaceName, ports: [...ports] }));
    const client: Client = {
      ...{ socket, lostBefore: options.lost() },
      stream: new CaptureStream(socket, application, interfaceName),
    };
    clients.add(client);
    options.say(`serves ${from}`);
    const leave = (how: string): void => {
      if (!clients.delete(client)) return;
      client.stream.abandon();
      const { packets, dropped } = client.stream;
      options.say(`${from} ${how}: ${packets} packets${dropped === 0 ? '' : `, ${dropped} dropped`}`);
    };
    // The run is over: it gets the rest, and the statistics.
    socket.once('end', () => {
      if (!clients.has(client)) return;
      client.stream.end(options.lost() - client.lostBefore);
      leave('is done');
      destroyWhenSent(socket);
    });
    socket.once('close', () => leave('is gone'));
    socket.resume();
  }

  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    fingerprint: formatFingerprint(new X509Certificate(certificate).raw),
    get clients() {
      return clients.size;
    },
    write(time, frame, wireBytes) {
      for (const { stream } of clients) stream.write(time, frame, wireBytes);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      const served = new Set([...clients].map(({ socket }) => socket));
      for (const client of clients) {
        client.stream.end(options.lost() - client.lostBefore);
        destroyWhenSent(client.socket);
      }
      for (const socket of sockets) if (!served.has(socket)) socket.destroy();
      await closed;
    },
  };
}

/** @returns why the other side is not served, in words; undefined if it has the token */
async function whyRefused(socket: TLSSocket, token: string): Promise<string | undefined> {
  try {
    const { line } = await readFirstLine(socket, MAX_LINE_BYTES, LINE_TIMEOUT_MS);
    const hello = HELLO.safeParse(JSON.parse(line));
    if (!hello.success) return 'not a rushhour of this version';
    return isSameSecret(hello.data.token, token) ? undefined : WRONG_TOKEN;
  } catch (error) {
    return error instanceof SyntaxError ? 'not a rushhour' : (error as Error).message;
  }
}

/** It gets what still waits for it, as long as it takes any. */
function destroyWhenSent(socket: TLSSocket): void {
  destroyWhenIdle(socket, () => socket.bytesWritten - socket.writableLength);
}

function refuse(socket: TLSSocket, refused: string): void {
  if (socket.destroyed) return;
  socket.end(encode({ refused }));
  setTimeout(() => socket.destroy(), LAST_MS).unref();
}

function encode(answer: Answer): string {
  return `${JSON.stringify(answer)}\n`;
}

/** Writes at most ten lines a minute, and then how many it left out. */
function limited(say: (line: string) => void): (line: string) => void {
  let minute = 0;
  let said = 0;
  let leftOut = 0;
  return (line) => {
    const now = Math.floor(performance.now() / 60_000);
    if (now !== minute) {
      if (leftOut > 0) say(`refused ${leftOut} more within a minute`);
      [minute, said, leftOut] = [now, 0, 0];
    }
    said += 1;
    if (said <= REFUSALS_SHOWN_PER_MINUTE) say(line);
    else leftOut += 1;
  };
}

async function listen(server: Server, { address, port }: PeerOptions): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint =
      code === 'EADDRINUSE'
        ? 'choose another port, or stop the program that uses it'
        : code === 'EACCES'
          ? 'choose a port above 1023'
          : 'give an address of this machine: ip address';
    throw new EnvironmentError(`cannot listen at ${address} port ${port} (${message})`, { hint, cause });
  }
}
