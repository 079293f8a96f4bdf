import type { TLSSocket } from 'node:tls';
import type { EndCause } from '../../outcome/classify.ts';
import { isReset } from '../portable/errno.ts';
import type { AttemptRecord } from '../types.ts';
import type { Exchange } from './exchange.ts';
import type { SiteTls } from './site-tls.ts';
import type { BrowserSocket } from './sockets/types.ts';
import type { BrowserArm, BrowserHost } from './types.ts';

export interface OpeningParts {
  readonly arm: BrowserArm;
  readonly host: BrowserHost;
  readonly tls: SiteTls | undefined;
  readonly record: AttemptRecord;
  /** Number of the host that the connection is for. */
  readonly site: number;
  readonly exchange: Exchange;
  readonly socket: BrowserSocket;
}

/** The connection that is being opened. */
export interface OpeningOwner {
  /** A step begins that is given up after the time for a response. */
  enter(phase: 'tunnel' | 'tls'): void;
  /** The proxy asks for credentials, which it may get on this connection. @returns whether it gets any */
  isToAnswer(): boolean;
  /** Credentials for this connection; undefined if none are available. */
  credentials(): string | undefined;
  settle(phase: 'tunnel' | 'tls', cause: EndCause, errno?: number): void;
  /** Requests can be sent. @param secured with TLS */
  opened(secured?: TLSSocket): void;
}

/** What lies between an established connection and its first request: a tunnel through the proxy, and TLS in it. */
export class Opening {
  readonly #parts: OpeningParts;
  readonly #owner: OpeningOwner;
  #isAuthorised = false;

  constructor(parts: OpeningParts, owner: OpeningOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** @param authorises credentials go with the first request */
  begin(authorises: boolean): void {
    if (this.#parts.arm.page.connect !== undefined) this.#ask(authorises, false);
    else this.#secure();
  }

  take(bytes: Uint8Array, count: number): void {
    const progress = this.#parts.exchange.take(bytes, count);
    if (progress === 'garbage') this.#owner.settle('tunnel', 'parse');
    else if (progress === 'complete') this.#meetAnswer();
    else if (this.#parts.exchange.status !== 0 && !this.#isChallenge) this.#refuse();
  }

  /** The far end has closed. */
  end(): void {
    if (this.#parts.record.phase === 'tls') this.#owner.settle('tls', 'eof');
    else if (this.#parts.exchange.completesAtEnd()) this.#meetAnswer();
    else this.#cut('eof', 0);
  }

  fail(errno: number, tlsCode: string | undefined): void {
    if (this.#parts.record.phase === 'tunnel') this.#cut('errno', errno);
    else if (tlsCode === undefined) this.#owner.settle('tls', 'errno', errno);
    else this.#distrust(tlsCode);
  }

  get #isChallenge(): boolean {
    return this.#parts.exchange.status === this.#parts.arm.auth?.status;
  }

  #ask(authorises: boolean, isAnswering: boolean): void {
    const { arm, exchange, record, site, socket } = this.#parts;
    const credentials = authorises ? this.#owner.credentials() : undefined;
    if (authorises && credentials === undefined) {
      this.#owner.settle('tunnel', 'no-credentials');
      return;
    }
    this.#isAuthorised = authorises;
    this.#owner.enter('tunnel');
    exchange.begin(undefined, isAnswering, arm.auth);
    socket.send(arm.page.connect!(site, record.attempt, credentials));
  }

  /** Nothing came back: if that was the answer to a challenge, the far end has closed after it (RFC 9112 section 9.3.1). */
  #cut(cause: 'eof' | 'errno', errno: number): void {
    const { exchange, record, arm } = this.#parts;
    const isAfterChallenge =
      exchange.isAnswering && exchange.firstByteAtUs < 0 && (cause === 'eof' || isReset(errno));
    record.status = isAfterChallenge ? (arm.auth?.status ?? 0) : exchange.status;
    this.#owner.settle('tunnel', isAfterChallenge ? 'challenged' : cause, isAfterChallenge ? 0 : errno);
  }

  #meetAnswer(): void {
    const { exchange, record, host } = this.#parts;
    const { errorName } = exchange;
    const { status, challenge, sentAtUs, completedAtUs } = exchange.finish();
    host.answered(status, challenge === undefined ? errorName : '');
    if (challenge === undefined) {
      if (status < 200 || status > 299) this.#refuse();
      else if (!exchange.persists) this.#owner.settle('tunnel', 'parse');
      else {
        record.tunnelStatus = status;
        record.tunnelledAtUs = completedAtUs;
        record.isTunnelled = true;
        this.#secure();
      }
      return;
    }
    record.status = status;
    record.schemesOffered = challenge.schemes;
    if (this.#isAuthorised) {
      record.errorName = errorName;
      this.#owner.settle('tunnel', challenge.offersOthers ? 'not-offered' : 'denied');
      return;
    }
    host.challenged(completedAtUs - sentAtUs);
    if (!challenge.isOffered) this.#owner.settle('tunnel', 'not-offered');
    else if (this.#owner.isToAnswer() && challenge.persists) this.#ask(true, true);
    else this.#owner.settle('tunnel', 'challenged');
  }

  #refuse(): void {
    const { exchange, record } = this.#parts;
    record.status = exchange.status;
    record.errorName = exchange.errorName;
    this.#owner.settle('tunnel', 'refused');
  }

  #secure(): void {
    const { host, record, site, socket, tls } = this.#parts;
    record.status = 0;
    if (tls === undefined) {
      this.#owner.opened();
      return;
    }
    this.#owner.enter('tls');
    const layer = tls.of(site);
    socket.secure!(layer, (stream) => {
      const untrusted = layer.distrust(stream);
      if (untrusted !== undefined) {
        this.#distrust(untrusted);
        return;
      }
      record.securedAtUs = host.clock();
      this.#owner.opened(stream);
    });
  }

  #distrust(code: string): void {
    this.#parts.record.tlsCode = code;
    this.#owner.settle('tls', 'tls');
  }
}
