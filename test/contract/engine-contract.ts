import { describe } from 'vitest';
import type { CreateEngine } from '../../src/engine/types.ts';
import { describeAnswers } from './answers.ts';
import { describeAuthentication } from './authentication.ts';
import { describeBookkeeping } from './bookkeeping.ts';
import { describeBytes } from './bytes.ts';
import { describeClosing } from './closing.ts';
import { describeConnecting } from './connecting.ts';
import { describeContent } from './content.ts';
import { describeFailures } from './failures.ts';
import { describeHolding } from './holding.ts';
import { describeResponses } from './responses.ts';
import { describeMissingFacts, describeSocketFacts } from './socket-facts.ts';
import { describeStopping } from './stopping.ts';

/**
 * What every engine must do, whatever it is made of.
 * @param readsTcpInfo it knows what the system knows of its connections
 * @param hasSockets its connections are the system's, which refuses some of them
 */
export function describeEngine(
  name: string,
  create: CreateEngine,
  readsTcpInfo: boolean,
  hasSockets = true,
): void {
  describe(name, () => {
    describeConnecting(create);
    if (readsTcpInfo) describeSocketFacts(create, hasSockets);
    else describeMissingFacts(create);
    describeResponses(create);
    describeClosing(create, readsTcpInfo);
    describeHolding(create, readsTcpInfo);
    describeFailures(create, readsTcpInfo, hasSockets);
    describeAuthentication(create);
    describeAnswers(create);
    describeContent(create);
    describeStopping(create);
    describeBookkeeping(create);
    describeBytes(create);
  });
}
