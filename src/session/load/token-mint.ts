import { setTimeout as sleep } from 'node:timers/promises';
import { explainFault } from '../../engine/auth/explain.ts';
import { KerberosFault } from '../../engine/auth/fault.ts';
import type { Identity } from '../../engine/auth/identity.ts';
import type { MintedToken, Minter } from '../../engine/auth/minter.ts';
import type { NegotiateArm } from '../../engine/auth/negotiate-arms.ts';
import { createHistogram, type Histogram, recordUs } from '../../metrics/histogram.ts';
import type { TokenCounts } from '../../metrics/types.ts';
import type { ToWorker } from '../../worker/protocol.ts';

/** Tokens made for one arm before they are sent: as many as the minter makes at once. */
const BATCH = 16;

/** How long an identity that got no token is not tried again: thousands of requests do not help a struggling KDC. */
const REST_MS = 1_000;

export interface TokenMintOptions {
  readonly arms: readonly NegotiateArm[];
  readonly minter: Pick<Minter, 'mint'>;
  /** Called once for each arm and kind of fault. */
  readonly warn: (message: string) => void;
  /** Milliseconds, monotonic: the clock of the minter. */
  readonly clock?: () => number;
}

/** Sends a message to one shard, by its index. */
export type SendTo = (shard: number, message: ToWorker) => void;

/** What happened to tokens since the last call. */
export interface TakenTokens {
  readonly counts: Readonly<Record<string, TokenCounts>>;
  /** By tag, `<arm>.mint`. */
  readonly histograms: ReadonlyMap<string, Histogram>;
}

interface Player {
  readonly identity: Identity;
  /** Its last token could not be made: it is tried one token at a time, and not before this time. */
  restsUntilMs: number;
}

interface Wanted {
  readonly count: number;
  readonly send: SendTo;
}

interface ArmState {
  readonly arm: NegotiateArm;
  readonly players: readonly Player[];
  /** Outstanding requests by shard, in the order in which they are served. */
  readonly wanted: Map<number, Wanted>;
  /** The shard to serve next. */
  next: number;
  serving: Promise<void> | undefined;
  counts: TokenCounts;
  histogram: Histogram;
}

/** Makes the tokens that workers request, all in one place, and keeps count of them. */
export class TokenMint {
  readonly #options: TokenMintOptions;
  readonly #clock: () => number;
  readonly #arms: ReadonlyMap<number, ArmState>;
  readonly #warned = new Set<string>();
  readonly #closing = new AbortController();
  #whenServed: (() => void)[] = [];

  constructor(options: TokenMintOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#arms = new Map(options.arms.map((arm) => [arm.index, openState(arm)]));
  }

  /** A shard needs this many more tokens for an arm, by its index. They are sent in batches as they are made. */
  want(shard: number, arm: number, count: number, send: SendTo): void {
    const state = this.#arms.get(arm);
    if (state === undefined || this.#closing.signal.aborted) return;
    state.wanted.set(shard, { count: (state.wanted.get(shard)?.count ?? 0) + count, send });
    state.serving ??= this.#serve(state).finally(() => {
      state.serving = undefined;
      this.#resolveServed();
    });
  }

  /** Resolves once every request has been served, or after this time. */
  async served(withinMs: number): Promise<void> {
    if (this.#isServed()) return;
    const timer = new AbortController();
    const served = new Promise<void>((resolve) => this.#whenServed.push(resolve));
    await Promise.race([served, rest(withinMs, timer.signal)]);
    timer.abort();
  }

  /** Counts and times since the last call; undefined if nothing happened. */
  take(): TakenTokens | undefined {
    const counts: Record<string, TokenCounts> = {};
    const histograms = new Map<string, Histogram>();
    for (const state of this.#arms.values()) {
      if (state.counts.minted === 0 && Object.keys(state.counts.failures).length === 0) continue;
      counts[state.arm.name] = state.counts;
      histograms.set(`${state.arm.name}.mint`, state.histogram);
      state.counts = emptyTokens();
      state.histogram = createHistogram();
    }
    return Object.keys(counts).length === 0 ? undefined : { counts, histograms };
  }

  /** Starts no more tokens, and waits for those being made. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#arms.values()].map(({ serving }) => serving));
  }

  async #serve(state: ArmState): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      const [first] = state.wanted;
      if (first === undefined || signal.aborted) return;
      const [shard, { count }] = first;
      const players = this.#nextPlayers(state, Math.min(count, BATCH));
      if (players.length === 0) {
        const untilMs = Math.min(...state.players.map(({ restsUntilMs }) => restsUntilMs));
        await rest(Math.max(1, untilMs - this.#clock()), signal);
        continue;
      }
      const tokens = await this.#mint(state, players);
      this.#settle(state, shard, tokens);
    }
  }

  /** The identities for the next tokens: all in turn, one that failed at most once, a resting one not at all. */
  #nextPlayers(state: ArmState, count: number): Player[] {
    const { players } = state;
    const nowMs = this.#clock();
    const able = players.filter(({ restsUntilMs }) => restsUntilMs <= nowMs);
    const sound = able.some(({ restsUntilMs }) => restsUntilMs === 0);
    const chosen = new Set<Player>();
    const turn: Player[] = [];
    const most = sound ? count : Math.min(count, able.length);
    for (let looked = 0; turn.length < most && looked < most + players.length; looked += 1) {
      const player = players[state.next % players.length]!;
      state.next = (state.next + 1) % players.length;
      const isUnlucky = player.restsUntilMs > 0;
      if (player.restsUntilMs > nowMs || (isUnlucky && chosen.has(player))) continue;
      chosen.add(player);
      turn.push(player);
    }
    return turn;
  }

  /** @returns those that could be made, in the order requested */
  async #mint(state: ArmState, players: readonly Player[]): Promise<MintedToken[]> {
    const { arm } = state;
    const made = await Promise.all(
      players.map((player) =>
        this.#options.minter.mint(player.identity, arm.service).then(
          (token) => {
            player.restsUntilMs = 0;
            state.counts.minted += 1;
            recordUs(state.histogram, token.tookUs);
            return token;
          },
          (error: unknown) => this.#noteFailure(state, player, error),
        ),
      ),
    );
    return made.filter((token) => token !== undefined);
  }

  #noteFailure({ arm, counts }: ArmState, player: Player, error: unknown): undefined {
    if (!(error instanceof KerberosFault)) throw error;
    const { kind, message } = error;
    counts.failures[kind] = (counts.failures[kind] ?? 0) + 1;
    player.restsUntilMs = this.#clock() + REST_MS;
    const key = `${arm.name} ${kind}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    const { what, mend } = explainFault(kind, message, player.identity, arm.service);
    this.#options.warn(
      `arm ${arm.name}: ${what}; attempts are made without credentials until this is fixed: ${mend}`,
    );
  }

  /** Sends tokens to a shard; if it needs more, it is served again after the others. */
  #settle(state: ArmState, shard: number, tokens: readonly MintedToken[]): void {
    const wanted = state.wanted.get(shard);
    if (wanted === undefined || tokens.length === 0) return;
    const { send } = wanted;
    state.wanted.delete(shard);
    if (wanted.count > tokens.length) state.wanted.set(shard, { count: wanted.count - tokens.length, send });
    const oldestMs = Math.min(...tokens.map(({ mintedAtMs }) => mintedAtMs));
    send(shard, {
      kind: 'tokens',
      arm: state.arm.index,
      tokens: tokens.map(({ fieldValue }) => fieldValue),
      mintedAtEpochMs: performance.timeOrigin + oldestMs,
    });
  }

  #isServed(): boolean {
    return [...this.#arms.values()].every(({ serving }) => serving === undefined);
  }

  #resolveServed(): void {
    if (!this.#isServed()) return;
    const waiting = this.#whenServed;
    this.#whenServed = [];
    for (const resolve of waiting) resolve();
  }
}

function openState(arm: NegotiateArm): ArmState {
  return {
    arm,
    players: arm.identities.map((identity) => ({ identity, restsUntilMs: 0 })),
    wanted: new Map(),
    next: 0,
    serving: undefined,
    counts: emptyTokens(),
    histogram: createHistogram(),
  };
}

function emptyTokens(): TokenCounts {
  return { minted: 0, discarded: 0, failures: {} };
}

/** Ends early, without an error, when aborted. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}
