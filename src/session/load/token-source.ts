import { loadKerberos } from '../../engine/auth/kerberos.ts';
import { Minter } from '../../engine/auth/minter.ts';
import { listNegotiateArms } from '../../engine/auth/negotiate-arms.ts';
import type { FromWorker, PlannedArm, ToWorker } from '../../worker/protocol.ts';
import { checkTokens } from './check-tokens.ts';
import { type TakenTokens, TokenMint } from './token-mint.ts';

/** Where the tokens of all shards come from. */
export interface TokenSource {
  /** @param sendTo the way back to one shard */
  want(
    wanted: Extract<FromWorker, { kind: 'tokens-wanted' }>,
    sendTo: (shard: number, message: ToWorker) => void,
  ): void;
  /** Resolves once all that is wanted has been sent, or that long has passed. */
  served(withinMs: number): Promise<void>;
  /** What was made since the last call. */
  take(): TakenTokens | undefined;
  /** Waits for what is being made. */
  close(): Promise<void>;
}

/**
 * Opens the source of tokens and makes one as everybody who will be played; undefined where no arm needs any.
 * @throws EnvironmentError where the package, a keytab, a ticket, the KDC or the service is not as it must be
 */
export async function openTokenSource(
  planned: readonly PlannedArm[],
  warn: (message: string) => void,
): Promise<TokenSource | undefined> {
  const arms = await listNegotiateArms(planned.map(({ arm }) => arm));
  if (arms.length === 0) return undefined;
  const minter = new Minter(await loadKerberos());
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
