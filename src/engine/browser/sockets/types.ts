import type { TLSSocket } from 'node:tls';
import type { Connection, ConnectionEvents } from '../../portable/connection.ts';
import type { Route } from '../../portable/socket.ts';
import type { TlsLayer } from '../../portable/tls-layer.ts';

/** One connection's socket. */
export interface BrowserSocket
  extends Pick<Connection, 'send' | 'noteRefusal' | 'readFacts' | 'readResent' | 'isConnected' | 'isOpen'> {
  /**
   * Creates the socket and starts connecting it.
   * @returns an errno if the system refused the socket
   */
  open(route: Route): number | undefined;
  /** Starts TLS, see {@link Connection.secure}; absent from sockets that are never made for an arm with TLS. */
  secure?(tls: TlsLayer, secured: (stream: TLSSocket) => void): void;
  close(): void;
}

/** Where the sockets of a population come from, and who waits for their events and for its timers. */
export interface Sockets {
  /** Can be read while `wait` has anything to report, so that others may watch it; undefined: Node's event loop waits. */
  readonly fd: number | undefined;
  /** When the next timer that `wait` is to run is due; infinite if there is none. */
  readonly soonestUs: number;
  create(events: ConnectionEvents): BrowserSocket;
  /**
   * Calls back so much later, or a little more.
   * @returns what cancels that
   */
  after(us: number, run: () => void): () => void;
  /**
   * Waits for events, at most so long, and reports them.
   * @param then called once everything that had happened before this call has been reported
   */
  wait(maxWaitUs: number, then?: () => void): void;
  /** Every socket must have been closed. */
  close(): void;
}
