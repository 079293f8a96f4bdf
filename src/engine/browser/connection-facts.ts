import { diagnoseLack } from '../lack.ts';
import { mayHaveResent } from '../resent.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';
import type { BrowserSocket } from './sockets/types.ts';
import type { BrowserHost } from './types.ts';

/** Writes what the system knows of a connection into its record. */
export class ConnectionFacts {
  readonly #record: AttemptRecord;
  readonly #socket: BrowserSocket;
  readonly #endpoint: Endpoint;
  readonly #host: BrowserHost;

  constructor(record: AttemptRecord, socket: BrowserSocket, endpoint: Endpoint, host: BrowserHost) {
    this.#record = record;
    this.#socket = socket;
    this.#endpoint = endpoint;
    this.#host = host;
  }

  markEstablished(): void {
    this.#record.establishedAtUs = this.#host.clock();
    this.#socket.readFacts(this.#record);
    this.#host.established(this.#record);
  }

  /** The SYN was refused, or timed out. */
  noteRefusal(errno: number): void {
    this.#socket.noteRefusal(this.#record, this.#endpoint, errno);
  }

  /** This machine refused to start it. */
  noteLack(errno: number, wasBind: boolean): void {
    this.#record.lacks = diagnoseLack(errno, wasBind, this.#endpoint);
  }

  /** Of a handshake that ends without having been completed. */
  noteHandshake(): void {
    if (this.#socket.isOpen) this.#socket.readFacts(this.#record);
  }

  /**
   * A request has been answered: what can have been sent again since is looked at, as long as the socket is open.
   * @param tookUs since it was sent
   * @param sentBytes of the request
   */
  noteAnswer(tookUs: number, sentBytes: number): void {
    const record = this.#record;
    if (mayHaveResent(tookUs, sentBytes, record.mss)) this.noteResent();
    else if (record.synRetransmits >= 0 && record.requestRetransmits < 0) record.requestRetransmits = 0;
  }

  /** Of all that was sent so far. */
  noteResent(): void {
    const record = this.#record;
    if (record.establishedAtUs < 0 || !this.#socket.isOpen) return;
    record.requestRetransmits = -1;
    this.#socket.readResent(record, this.#host.clock());
  }
}
