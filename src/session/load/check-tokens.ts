import { explainFault } from '../../engine/auth/explain.ts';
import { KerberosFault } from '../../engine/auth/fault.ts';
import type { Identity } from '../../engine/auth/identity.ts';
import type { Minter } from '../../engine/auth/minter.ts';
import type { NegotiateArm } from '../../engine/auth/negotiate-arms.ts';
import { EnvironmentError } from '../../errors.ts';

/**
 * Makes one token for each principal, so that a run without tickets ends before it starts.
 * @throws EnvironmentError with the command that fixes the problem
 */
export async function checkTokens(
  arms: readonly NegotiateArm[],
  minter: Pick<Minter, 'mint'>,
): Promise<void> {
  for (const { name, service, identities } of arms) {
    for (const identity of identities) {
      await minter.mint(identity, service).catch((cause: unknown) => {
        throw cause instanceof KerberosFault ? explain(name, cause, identity, service) : cause;
      });
    }
  }
}

function explain(arm: string, cause: KerberosFault, identity: Identity, service: string): EnvironmentError {
  const { what, mend } = explainFault(cause.kind, cause.message, identity, service);
  return new EnvironmentError(`arm ${arm}: ${what}`, { hint: mend, cause });
}
