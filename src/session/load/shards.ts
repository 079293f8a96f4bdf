import { SPARE_DESCRIPTORS } from '../../doctor/judge-descriptors.ts';
import { LONGEST_PROOF_US } from '../../engine/holding.ts';
import type { Arm } from '../../scenario/types.ts';
import type { LoadShare, PlannedArm, ShardPlan } from '../../worker/protocol.ts';
import { countPorts } from './sources.ts';

/** An attempt that is later than this is not started any more but counted as unsent. */
const MAX_LATENESS_US = 1_000_000;

/** Maximum open attempts: a source address has no more ports towards one destination. */
const MAX_OPEN = 60_000;

/** The same for the packet engine, which has no descriptors and needs some 60 bytes for each held connection. */
const MAX_OPEN_BY_PACKETS = 2_000_000;

/** Added to an arm's own timeouts, so that they expire before the drain does. */
const DRAIN_MARGIN_US = 1_000_000;

/** Splits a run into shards: rates, counts and open attempts are divided among them. */
export function planShards(
  arms: readonly PlannedArm[],
  engine: ShardPlan['engine'],
  count: number,
  descriptorLimit: number,
  { notes = false, share }: { readonly notes?: boolean; readonly share?: LoadShare } = {},
): ShardPlan[] {
  const open =
    engine === 'packet'
      ? Math.min(MAX_OPEN_BY_PACKETS, Math.max(count, countTuples(arms)))
      : Math.min(MAX_OPEN, Math.max(count, descriptorLimit - SPARE_DESCRIPTORS));
  return Array.from({ length: count }, (_, index) => ({
    index,
    count,
    engine,
    arms,
    maxOpen: Math.floor(open / count),
    maxLatenessUs: MAX_LATENESS_US,
    ...(notes && { notes }),
    ...(share && { share }),
    drainUs: Math.max(...arms.map(({ arm }) => longestAttemptUs(arm))) + DRAIN_MARGIN_US,
  }));
}

/** Connections that can be open at once: each has its own combination of address, port and endpoint. */
function countTuples(arms: readonly PlannedArm[]): number {
  return arms.reduce(
    (sum, { sources, ports = [], endpoints }) => sum + sources.length * countPorts(ports) * endpoints.length,
    0,
  );
}

/**
 * Handshake, every answer, the far end's FIN, the hold and its check, each at its limit; doubled if a challenge may
 * continue the request over another connection.
 */
function longestAttemptUs({ via, auth, tls, handshakeTimeoutUs, responseTimeoutUs, holdUs }: Arm): number {
  const answers = [via === 'tunnel', tls !== undefined, auth !== undefined].filter(Boolean).length + 1;
  const connections = auth?.mode === 'challenge' ? 2 : 1;
  const proofUs = holdUs > 0 ? LONGEST_PROOF_US : 0;
  return connections * (handshakeTimeoutUs + (answers + 1) * responseTimeoutUs + holdUs + proofUs);
}
