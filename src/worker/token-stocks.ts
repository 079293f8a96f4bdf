import { epochMs } from '../epoch-ms.ts';
import type { Frame } from '../metrics/types.ts';
import { tokensWanted } from './credentials.ts';
import type { FromWorker, ShardPlan, ToWorker } from './protocol.ts';
import { TokenStock } from './token-stock.ts';

/** One stock per arm with Negotiate, by the arm's index, and what keeps them filled. */
export class TokenStocks {
  readonly #plan: ShardPlan;
  readonly #stocks: readonly (TokenStock | undefined)[];

  constructor(plan: ShardPlan, send: (message: FromWorker) => void) {
    this.#plan = plan;
    this.#stocks = plan.arms.map((planned, arm) => {
      if (planned.arm.auth?.scheme !== 'negotiate') return undefined;
      const ask = (count: number): void => send({ kind: 'tokens-wanted', shard: plan.index, arm, count });
      return new TokenStock({ wanted: tokensWanted(planned, plan.count), ask, now: epochMs });
    });
  }

  /** Undefined for an arm without Negotiate. */
  of(arm: number): TokenStock | undefined {
    return this.#stocks[arm];
  }

  add({ arm, tokens, mintedAtEpochMs }: Extract<ToWorker, { kind: 'tokens' }>): void {
    this.#stocks[arm]?.add(tokens, mintedAtEpochMs);
  }

  /** Orders what is missing, and discards expired tokens. */
  refresh(): void {
    for (const stock of this.#stocks) stock?.refresh();
  }

  /** What expired since the last call, for a frame; empty if nothing did. */
  takeDiscarded(): Pick<Frame, 'tokens'> {
    const tokens = Object.fromEntries(
      this.#plan.arms.flatMap(({ arm }, index) => {
        const discarded = this.#stocks[index]?.takeDiscarded() ?? 0;
        return discarded === 0 ? [] : [[arm.name, { minted: 0, discarded, failures: {} }] as const];
      }),
    );
    return Object.keys(tokens).length === 0 ? {} : { tokens };
  }
}
