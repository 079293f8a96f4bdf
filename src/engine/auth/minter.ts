import { type KerberosFault, readGssMessage } from './fault.ts';
import type { Identity } from './identity.ts';
import { type Kerberos, loadKerberos } from './kerberos.ts';

/** A token ready to send; valid for one use. */
export interface MintedToken {
  /** `Negotiate YII...` (RFC 4559 section 4). */
  readonly fieldValue: string;
  /** When its creation began, by {@link Clock}: the authenticator is no older than this. */
  readonly mintedAtMs: number;
  readonly tookUs: number;
}

/** Milliseconds, monotonic. */
type Clock = () => number;

/**
 * More concurrency gains no speed, since each token costs 80-150 us of one processor; it only hides the latency to
 * the KDC.
 */
const MOST_IN_FLIGHT = 16;

/** Threads of libuv's pool reserved for Node's file and name operations while a KDC blocks the others. */
const LEFT_TO_NODE = 2;

/** Size of libuv's pool if UV_THREADPOOL_SIZE is not set (libuv documentation, "Thread pool work scheduling"). */
const DEFAULT_POOL = 4;

/** How many tokens one identity may create in a row while others wait. */
const MOST_IN_A_ROW = 64;

interface Job {
  readonly identity: Identity;
  readonly service: string;
  readonly resolve: (token: MintedToken) => void;
  readonly reject: (fault: KerberosFault) => void;
}

let shared: Promise<Minter> | undefined;

/** The minter of this process. @throws EnvironmentError without the `kerberos` package */
export function shareMinter(): Promise<Minter> {
  shared ??= loadKerberos().then((kerberos) => new Minter(kerberos));
  return shared;
}

/**
 * Creates Negotiate tokens on libuv's thread pool. There is one per process, on its main thread: the Kerberos library
 * takes the cache and keytab from the environment, so identities have to take turns, and a worker thread that ends
 * while a token is being created crashes the process.
 */
export class Minter {
  readonly #kerberos: Kerberos;
  readonly #clock: Clock;
  readonly #limit: number;
  /** As it was before the first token, or the first since {@link close}. */
  #environment: Saved | undefined;
  readonly #queue: Job[] = [];
  /** Caches that hold their principal's ticket: later requests need not name the principal. */
  readonly #filled = new Set<Identity>();
  /** How often each identity has had to start over with an empty cache. */
  readonly #renewals = new Map<Identity, number>();
  #current: Identity | undefined;
  #inARow = 0;
  #inFlight = 0;
  #whenIdle: (() => void)[] = [];

  constructor(
    kerberos: Kerberos,
    clock: Clock = () => performance.now(),
    limit = limitInFlight(process.env),
  ) {
    this.#kerberos = kerberos;
    this.#clock = clock;
    this.#limit = limit;
  }

  /**
   * Creates one token.
   * @param service host-based name, such as `HTTP@proxy.example`
   * @throws KerberosFault (rejects)
   */
  mint(identity: Identity, service: string): Promise<MintedToken> {
    this.#environment ??= saveEnvironment();
    return new Promise((resolve, reject) => {
      this.#queue.push({ identity, service, resolve, reject });
      this.#pump();
    });
  }

  /**
   * Resolves once no token is being created: exiting before that aborts the process. A KDC that does not answer
   * blocks a token until the library times out (half a minute, measured).
   */
  async close(): Promise<void> {
    while (this.#inFlight > 0 || this.#queue.length > 0)
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    restoreEnvironment(this.#environment ?? []);
    this.#environment = undefined;
    this.#current = undefined;
  }

  #pump(): void {
    for (;;) {
      const job = this.#takeNext();
      if (job === undefined) break;
      this.#inFlight += 1;
      this.#inARow += 1;
      void this.#run(job);
    }
    if (this.#inFlight > 0 || this.#queue.length > 0) return;
    const idle = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of idle) resolve();
  }

  /**
   * The next job that may run alongside the current ones: one of the same identity, or of another once all are done.
   */
  #takeNext(): Job | undefined {
    if (this.#queue.length === 0) return undefined;
    const isTurnOver = this.#inARow >= MOST_IN_A_ROW;
    const own = isTurnOver ? -1 : this.#queue.findIndex(({ identity }) => identity === this.#current);
    if (own >= 0) {
      const isFilled = this.#current?.kind === 'ticket-cache' || this.#filled.has(this.#current!);
      return this.#inFlight < (isFilled ? this.#limit : 1) ? this.#queue.splice(own, 1)[0] : undefined;
    }
    if (this.#inFlight > 0) return undefined;
    const other = this.#queue.findIndex(({ identity }) => identity !== this.#current);
    const [job] = this.#queue.splice(Math.max(0, other), 1);
    this.#turnTo(job!.identity);
    return job;
  }

  #turnTo(identity: Identity): void {
    this.#inARow = 0;
    if (this.#current === identity) return;
    this.#current = identity;
    restoreEnvironment(this.#environment ?? []);
    if (identity.kind === 'ticket-cache') return;
    process.env['KRB5CCNAME'] = `${identity.cache} ${this.#renewals.get(identity) ?? 0}`;
    process.env['KRB5_CLIENT_KTNAME'] = `FILE:${identity.keytab}`;
  }

  async #run({ identity, service, resolve, reject }: Job): Promise<void> {
    const mintedAtMs = this.#clock();
    try {
      const token = await this.#step(identity, service, this.#kerberos.GSS_MECH_OID_SPNEGO);
      this.#filled.add(identity);
      const tookUs = (this.#clock() - mintedAtMs) * 1_000;
      resolve({ fieldValue: `Negotiate ${token}`, mintedAtMs, tookUs });
    } catch (error) {
      const fault = await this.#diagnose(identity, service, error);
      if (fault.kind === 'ticket-expired') this.#emptyCache(identity);
      reject(fault);
      this.#refuseAlike(identity, service, fault);
    } finally {
      this.#inFlight -= 1;
      this.#pump();
    }
  }

  /**
   * Naming the principal fills a cache that lacks its ticket; after that the cache identifies its owner. Naming it
   * every time would search the caches of all principals: 1,600/s with 300 of them instead of 10,000.
   */
  async #step(identity: Identity, service: string, mechOID: number): Promise<string> {
    const isNamed = identity.kind === 'keytab' && !this.#filled.has(identity);
    const client = await this.#kerberos.initializeClient(service, {
      mechOID,
      ...(isNamed && { principal: identity.name }),
    });
    return client.step('');
  }

  /**
   * Jobs waiting for the same service would each wait half a minute, one after the other, for a KDC that does not
   * answer.
   */
  #refuseAlike(identity: Identity, service: string, fault: KerberosFault): void {
    const waiting = this.#queue.splice(0);
    for (const job of waiting) {
      if (job.identity === identity && job.service === service) job.reject(fault);
      else this.#queue.push(job);
    }
  }

  /**
   * The library renews tickets obtained with a keytab automatically; if that fails, it reports only that the ticket
   * has expired. With an empty cache, the next attempt gets a new ticket or the actual reason.
   */
  #emptyCache(identity: Identity): void {
    if (identity.kind !== 'keytab' || !this.#filled.delete(identity)) return;
    this.#renewals.set(identity, (this.#renewals.get(identity) ?? 0) + 1);
    if (this.#current === identity) this.#current = undefined;
  }

  /** SPNEGO does not say why it found no mechanism; the same request with Kerberos alone does. */
  async #diagnose(identity: Identity, service: string, error: unknown): Promise<KerberosFault> {
    const message = messageOf(error);
    if (!/SPNEGO cannot find mechanisms/i.test(message)) return readGssMessage(message);
    try {
      await this.#step(identity, service, this.#kerberos.GSS_MECH_OID_KRB5);
      return readGssMessage(message);
    } catch (plain) {
      return readGssMessage(messageOf(plain));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How many tokens may be created at once: a KDC that does not answer must not block all of libuv's threads. */
export function limitInFlight(env: Readonly<Record<string, string | undefined>>): number {
  const pool = Number(env['UV_THREADPOOL_SIZE']) || DEFAULT_POOL;
  return Math.max(1, Math.min(MOST_IN_FLIGHT, pool - LEFT_TO_NODE));
}

/**
 * The environment variables that decide whose tickets are used (MIT Kerberos documentation, "Environment variables").
 */
const VARIABLES = ['KRB5CCNAME', 'KRB5_CLIENT_KTNAME'] as const;
type Saved = readonly (readonly [(typeof VARIABLES)[number], string | undefined])[];

function saveEnvironment(): Saved {
  return VARIABLES.map((name) => [name, process.env[name]] as const);
}

function restoreEnvironment(saved: Saved): void {
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
