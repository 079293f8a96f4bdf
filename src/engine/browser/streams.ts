import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../net/ticker.ts';
import type { PageObject } from './page-object.ts';
import type { Answer } from './types.ts';

/** A request that will not be answered any more. */
export interface CutStream {
  readonly object: PageObject;
  /** The far end has not begun to answer it. */
  readonly isUntouched: boolean;
}

export interface StreamEvents {
  /** @param firstByteAtUs when the head of the response had arrived */
  answered(object: PageObject, answer: Answer, firstByteAtUs: number): void;
  /** So many bytes of a body have arrived. */
  received(bytes: number): void;
  /**
   * One stream was reset; the connection goes on.
   * @param isRefused the far end has not begun with the request (RFC 9113 section 8.7)
   */
  cut(object: PageObject, isRefused: boolean): void;
  /** The connection has ended. @param error undefined: the far end ended it */
  ended(error: NodeJS.ErrnoException | undefined): void;
}

/** The requests of one HTTP/2 connection: any number at once (RFC 9113). */
export class Streams {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #events: StreamEvents;
  /** Those in progress, and whether each is still untouched. */
  readonly #asked = new Map<ClientHttp2Stream, { object: PageObject; isUntouched: boolean }>();
  #isOver = false;
  #isClosing = false;

  constructor(socket: TLSSocket, serverName: string, clock: Clock, events: StreamEvents) {
    this.#clock = clock;
    this.#events = events;
    // From here on, the session reads from the socket.
    for (const event of ['data', 'end', 'error']) socket.removeAllListeners(event);
    this.#session = connect(`https://${serverName}`, { createConnection: () => socket });
    // Sockets may be half open, and the session does not heed the far end's FIN: nothing more comes.
    socket.once('end', () => socket.end());
    let error: NodeJS.ErrnoException | undefined;
    this.#session.on('error', (cause) => (error = cause));
    // The far end answers what it has, and takes no more (RFC 9113 section 6.8).
    this.#session.on('goaway', () => (this.#isClosing = true));
    this.#session.on('close', () => {
      if (!this.#isOver) events.ended(error);
    });
  }

  /** Whether another request can be sent. */
  get isUsable(): boolean {
    return !this.#isOver && !this.#isClosing && !this.#session.closed && !this.#session.destroyed;
  }

  /** Whether any request is in progress. */
  get isBusy(): boolean {
    return this.#asked.size > 0;
  }

  get inProgress(): readonly CutStream[] {
    return [...this.#asked.values()];
  }

  ask(object: PageObject, headers: Record<string, string>): void {
    const sentAtUs = this.#clock();
    const entry = { object, isUntouched: true };
    let status = 0;
    let firstByteAtUs = -1;
    let completedAtUs = -1;
    const stream = this.#session.request(headers, { endStream: true });
    this.#asked.set(stream, entry);
    stream.on('response', (fields) => {
      status = Number(fields[constants.HTTP2_HEADER_STATUS] ?? 0);
      firstByteAtUs = this.#clock();
      entry.isUntouched = false;
    });
    stream.on('data', (bytes: Buffer) => this.#events.received(bytes.length));
    stream.on('end', () => (completedAtUs = this.#clock()));
    // The session says why.
    stream.on('error', () => undefined);
    // A reset ends the body as well: only then is it known.
    stream.on('close', () => {
      if (this.#isOver) return;
      const isWhole = status !== 0 && completedAtUs >= 0 && stream.rstCode === 0;
      if (isWhole) {
        this.#asked.delete(stream);
        this.#events.answered(
          object,
          { status, challenge: undefined, sentAtUs, completedAtUs },
          firstByteAtUs,
        );
        // Of a session that ends, the requests are told together.
      } else if (!this.#session.destroyed && this.#asked.delete(stream))
        this.#events.cut(object, entry.isUntouched && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM);
    });
  }

  close(): void {
    this.#isOver = true;
    this.#session.destroy();
  }
}
