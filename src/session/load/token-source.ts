import { shareMinter } from '../../engine/auth/minter.ts';
import { listNegotiateArms } from '../../engine/auth/negotiate-arms.ts';
import type { FromWorker, PlannedArm, ToWorker } from '../../worker/protocol.ts';
import { checkTokens } from './check-tokens.ts';
import { type TakenTokens, TokenMint } from './token-mint.ts';

/** Where the tokens of all shards come from. */
export interface TokenSource {
  /** @param sendTo sends to one shard */
  want(
    wanted: Extract<FromWorker, { kind: 'tokens-wanted' }>,
    sendTo: (shard: number, message: ToWorker) => void,
  ): void;
  /** Resolves once every request has been served, or after this time. */
  served(withinMs: number): Promise<void>;
  /** What was made since the last call. */
  take(): TakenTokens | undefined;
  /** Waits for what is being made. */
  close(): Promise<void>;
}

/**
 * Opens the source of tokens and makes one token for each principal; undefined if no arm needs any.
 * @throws EnvironmentError if the package, a keytab, a ticket, the KDC or the service is not usable
 */
export async function openTokenSource(
  planned: readonly PlannedArm[],
  warn: (message: string) => void,
): Promise<TokenSource | undefined> {
  const arms = await listNegotiateArms(planned.map(({ arm }) => arm));
  if (arms.length === 0) return undefined;
  const minter = await shareMinter();
  try {
    await checkTokens(arms, minter);
  } catch (error) {
    await minter.close();
    throw error;
  }
  const mint = new TokenMint({ arms, minter, warn });
  return {
    want({ shard, arm, count }, sendTo) {
      mint.want(shard, arm, count, sendTo);
    },
    served: (withinMs) => mint.served(withinMs),
    take: () => mint.take(),
    async close() {
      await mint.close();
      await minter.close();
    },
  };
}
