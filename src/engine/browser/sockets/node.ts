import { Connection, type ConnectionEvents } from '../../portable/connection.ts';
import type { Route } from '../../portable/socket.ts';
import type { BrowserSocket, Sockets } from './types.ts';

/** Longest piece that is read at once: node:net's own (uv__stream_io). */
const READ_BYTES = 65_536;

/** Node's sockets, whose events its event loop waits for. They can carry TLS. */
export class NodeSockets implements Sockets {
  readonly fd = undefined;
  readonly soonestUs = Number.POSITIVE_INFINITY;
  /** Everything that arrives is read into it, and used at once; TLS takes no buffer. */
  readonly #readBuffer: Uint8Array | undefined;

  /** @param hasTls connections will be secured */
  constructor(hasTls: boolean) {
    this.#readBuffer = hasTls ? undefined : new Uint8Array(READ_BYTES);
  }

  create(events: ConnectionEvents): BrowserSocket {
    return new NodeSocket(events, this.#readBuffer);
  }

  after(us: number, run: () => void): () => void {
    const timer = setTimeout(run, us / 1_000);
    return () => clearTimeout(timer);
  }

  /** Timers run before I/O events in each iteration of Node's loop, immediates after them. */
  wait(_maxWaitUs: number, then?: () => void): void {
    if (then !== undefined) setImmediate(then);
  }

  close(): void {}
}

class NodeSocket extends Connection implements BrowserSocket {
  readonly #readBuffer: Uint8Array | undefined;

  constructor(events: ConnectionEvents, readBuffer: Uint8Array | undefined) {
    super(events);
    this.#readBuffer = readBuffer;
  }

  override open(route: Route): number | undefined {
    return super.open(route, this.#readBuffer);
  }

  override close(): void {
    super.close('close');
  }
}
