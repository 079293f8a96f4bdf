import { TlsLayer } from '../portable/tls-layer.ts';
import type { EngineTls } from '../types.ts';
import type { PageCompiler } from './page.ts';

/** TLS towards each host of a page: one set of trusted certificates, another name for each. */
export class SiteTls {
  readonly #tls: EngineTls;
  readonly #page: PageCompiler;
  readonly #document: TlsLayer;
  /** By the number of their host. */
  readonly #layers: (TlsLayer | undefined)[] = [];

  /** @throws EnvironmentError if the certificates to trust cannot be read */
  constructor(tls: EngineTls, page: PageCompiler) {
    this.#tls = tls;
    this.#page = page;
    this.#document = new TlsLayer(tls);
    this.#layers[0] = this.#document;
  }

  of(site: number): TlsLayer {
    this.#layers[site] ??= new TlsLayer(
      { ...this.#tls, serverName: this.#page.serverName(site) },
      this.#document.context,
    );
    return this.#layers[site];
  }
}
