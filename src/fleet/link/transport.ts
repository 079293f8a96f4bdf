import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ConnectionOptions } from '@nats-io/transport-node';
import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js';
import type { HostPort } from '../../scenario/types.ts';
import { openTunnel, type ProxyRoute } from './proxy.ts';
import { verifiedAs } from './verified-as.ts';
import { openWebSocket } from './web-socket.ts';

/** What the library hands on to its transport: its own options, and ours. */
export interface FleetOptions extends ConnectionOptions {
  /** PEM: what every server has to prove to be of. */
  readonly ca: string;
  readonly proxy?: ProxyRoute;
  /** Milliseconds from the first packet to the end of TLS. */
  readonly connectWithinMs: number;
}

/** A connection is taken, and then nothing is heard. */
export class SilentError extends Error {
  constructor(withinMs: number) {
    super(`it takes connections, but nothing came from it within ${withinMs / 1_000} s`);
  }
}

/** The library's server; it leaves the URL out of its types. */
interface Server {
  readonly hostname: string;
  readonly port: number;
  readonly tlsName: string;
  readonly src?: string;
}

/**
 * The library's transport over TCP, which may go through a proxy, or through a WebSocket for servers with wss://. One
 * list of servers may have both: the library knows one transport for all its connections, and chooses none by URL.
 */
export class FleetTransport extends NodeTransport {
  #options: FleetOptions | undefined;
  #url = '';
  #isTaken = false;

  get #isWeb(): boolean {
    return this.#url.startsWith('wss:');
  }

  override async connect(server: Server, options: ConnectionOptions): Promise<void> {
    this.#options = options as FleetOptions;
    this.#url = server.src ?? '';
    const { ca } = this.#options;
    // On a WebSocket, what the server says of TLS has happened already.
    const tls = this.#isWeb ? null : { ca, ...verifiedAs(server.hostname) };
    const connecting = super.connect(server, { ...options, tls });
    const { connectWithinMs: withinMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            this.#isTaken ? new SilentError(withinMs) : new Error(`no answer within ${withinMs / 1_000} s`),
          ),
        withinMs,
      );
    });
    // What it throws later, as when it is closed, is nobody's any more.
    connecting.catch(() => {});
    try {
      await Promise.race([connecting, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  override async dial({ hostname: host, port }: Pick<Server, 'hostname' | 'port'>): Promise<Socket> {
    const dial = (): Promise<Socket> => this.#open({ host, port });
    if (!this.#isWeb) return dial();
    const stream = await openWebSocket({ host, port, url: this.#url }, this.#options!.ca, dial);
    return Object.assign(stream, { encrypted: true }) as Duplex as Socket;
  }

  override async startTLS(): Promise<TLSSocket> {
    return this.#isWeb ? (this.socket as TLSSocket) : super.startTLS();
  }

  override isEncrypted(): boolean {
    return this.#isWeb || super.isEncrypted();
  }

  async #open(server: HostPort): Promise<Socket> {
    const { proxy } = this.#options!;
    const socket = await (proxy === undefined ? openTcp(server) : openTunnel(proxy, server));
    socket.setNoDelay(true);
    this.#isTaken = true;
    return socket;
  }
}

function openTcp({ host, port }: HostPort): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(port, host);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeAllListeners();
      resolve(socket);
    });
  });
}
