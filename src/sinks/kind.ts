import type { UsageError } from '../errors.ts';
import type { Pace, Sink, SinkListener, SinkSecrets } from './types.ts';

/** Where a sink listens, or is to listen. */
export interface Address {
  /** A name, or an address; IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What follows the host in a sink's address. */
export interface Place {
  /** Segments of the path, percent-decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /**
   * Makes the error for what is not understood.
   * @param hint what to write instead
   */
  wrong(hint: string): UsageError;
}

export interface Opening {
  /** Folder of all spools. */
  readonly spoolRoot: string;
  readonly spoolBytes: number;
  readonly secrets: SinkSecrets;
  readonly listener: SinkListener;
  readonly pace: Pace;
}

/** One kind of sink: its address begins with the name that it has in {@link import('./registry.ts').SINKS}. */
export interface SinkKind<Spec> {
  /** How its address is written. */
  readonly form: string;
  /** Where the address names none. */
  readonly defaultPort: number;
  /** Where the address names none; absent: it has to. */
  readonly defaultHost?: string;
  /** Whether the scheme may end in an `s`. */
  readonly takesTls: boolean;
  /** The one key that its query may have, and how that is written. */
  readonly query?: { readonly key: string; readonly form: string };
  /** The secret that it is shown. */
  readonly secret?: keyof SinkSecrets;
  /** @throws UsageError by `place.wrong` */
  parse(address: Address, place: Place): Spec;
  /** As shown to users. */
  name(spec: Spec): string;
  open(spec: Spec, opening: Opening): Promise<Sink>;
}

/** What to tell the user for each kind of response. */
export interface Cures {
  /** Who writes is not known. */
  readonly 401: string;
  /** The credentials do not permit writing. */
  readonly 403: string;
  /** The place does not exist. */
  readonly 404: string;
}

/** `http://host:port`. */
export function baseUrl({ host, port, tls = false }: Partial<Address>): string {
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}
