import type { EngineAuth } from '../types.ts';
import type { Connection } from './connection.ts';
import type { PageObject } from './page-object.ts';
import type { BrowserArm } from './types.ts';

/** When one browser sends its credentials, and which. */
export class Credentials {
  readonly #browser: number;
  readonly #auth: EngineAuth | undefined;
  /** Requests for objects carry them, rather than those for tunnels. */
  readonly #areForObjects: boolean;
  /** Basic: once credentials are known to be required, every request carries them (RFC 7617 section 2.2). */
  #goAhead: boolean;

  /** @param browser its number */
  constructor(browser: number, { auth, page }: BrowserArm) {
    this.#browser = browser;
    this.#auth = auth;
    this.#areForObjects = auth !== undefined && (auth.status === 401 || page.connect === undefined);
    this.#goAhead = auth?.mode === 'preemptive';
  }

  /** They are sent before anybody asks for them. */
  get goAhead(): boolean {
    return this.#goAhead && this.#auth !== undefined;
  }

  /** Undefined if none are available. */
  valueFor({ record }: Connection): string | undefined {
    return this.#auth?.credentials(this.#auth.scheme === 'Basic' ? this.#browser : record.attempt);
  }

  /**
   * Whether the request for an object carries them: with Basic, each request is authenticated; with Negotiate, the
   * connection is (RFC 4559 section 6).
   */
  goWith(connection: Connection, object: PageObject): boolean {
    if (!this.#areForObjects) return false;
    const isAtOnce = this.#goAhead && (this.#auth?.scheme === 'Basic' || !connection.isProven);
    return object.mustAuthorise || isAtOnce;
  }

  meetChallenge(): void {
    if (this.#auth?.scheme === 'Basic') this.#goAhead = true;
  }

  /** They were refused: the next request goes without. @returns whether they were sent without a challenge */
  meetRefusal(): boolean {
    this.#goAhead = this.#auth?.mode === 'preemptive';
    return this.#goAhead;
  }
}
