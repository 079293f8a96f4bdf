import { compileAuthRequest } from '../engine/http/request.ts';
import type { EngineAuth } from '../engine/types.ts';
import { browserConnections, loadAttempts, peakPerSec } from '../scenario/load-shape.ts';
import type { Load } from '../scenario/load-types.ts';
import type { PlannedArm } from './protocol.ts';
import type { TokenStock } from './token-stock.ts';

/**
 * How long a stock lasts at the highest rate: long enough for a message to the main thread and the tokens' return.
 */
const STOCK_SEC = 2;

/**
 * How a planned arm responds to challenges; undefined if it has no credentials.
 * @param stock for an arm with Negotiate
 */
export function toEngineAuth(
  { arm, basicCredentials }: PlannedArm,
  stock?: TokenStock,
): EngineAuth | undefined {
  const request = compileAuthRequest(arm);
  if (arm.auth === undefined || request === undefined) return undefined;
  const { mode, scheme, to } = arm.auth;
  return {
    mode,
    status: to === 'proxy' ? 407 : 401,
    scheme: scheme === 'basic' ? 'Basic' : 'Negotiate',
    request,
    credentials:
      scheme === 'basic'
        ? (attempt) => basicCredentials?.[attempt % basicCredentials.length]
        : (attempt) => stock?.take(attempt),
  };
}

/** The minimum that a closed loop keeps ready: the far end's speed is not known until it responds. */
const CLOSED_STOCK = 256;

/** How many tokens a shard initially keeps ready for an arm. */
export function tokensWanted({ arm }: PlannedArm, shards: number): number {
  return Math.min(mostWanted(arm.load), loadAttempts(arm.load) ?? Number.POSITIVE_INFINITY) / shards;
}

function mostWanted(load: Load): number {
  switch (load.kind) {
    case 'open':
      return peakPerSec(load) * STOCK_SEC;
    case 'sweep':
      return load.ratePerSec * STOCK_SEC;
    case 'closed':
      return Math.max(CLOSED_STOCK, load.concurrency * STOCK_SEC);
    case 'browsers':
      return browserConnections(load);
  }
}
