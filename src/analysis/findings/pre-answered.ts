import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary, Finding } from '../types.ts';
import type { Finder } from './finder.ts';

/** Fewer first bytes than this have no least one to speak of. */
const FEWEST_ANSWERS = 20;

/**
 * The least wait for the first byte after the handshake, in handshakes: an honest path takes one, and the server's
 * work.
 */
const FAR_SLOWER = 10;

/** And at least so long: below it a server's own work explains any ratio. */
const FAR_LATER_US = 20_000;

/** A path has a sharp floor, which half of all come near; work varies. */
const NEAR_FLOOR = 1.25;

export const preAnswered: Finder = { inArm: (arm, { arms }) => findPreAnswered(arm, arms[arm.name]!) };

/**
 * Handshakes that another than the far end may have answered: ports that must refuse connect, or they beat the path.
 */
export function findPreAnswered(arm: Arm, summary: ArmSummary): Finding[] {
  return arm.expect.kind === 'refused' ? findAnsweredPort(arm, summary) : findQuickHandshake(arm, summary);
}

/** Handshakes that were completed where the far end must refuse. */
function findAnsweredPort(arm: Arm, summary: ArmSummary): Finding[] {
  const answered = summary.outcomes['unexpected-handshake'] ?? 0;
  if (answered === 0) return [];
  const handshakeUs = summary.service.handshakeUs.p50;
  return [
    {
      kind: 'pre-answered',
      arm: arm.name,
      confidence: answered === summary.started ? 'high' : 'medium',
      handshakeUs,
      count: answered,
      text: `${answered} of ${summary.started} handshakes with a port that should refuse completed, in ${handshakeUs} us (median)`,
    },
  ];
}

/**
 * Not even the fastest first byte was nearly as fast as the handshake. Slow servers behave like that, too, and so do
 * proxies that fetch from far away: if some first bytes were fast, there is nothing in between, and nothing is
 * reported.
 */
function findQuickHandshake(arm: Arm, summary: ArmSummary): Finding[] {
  const { handshakeUs: handshake, firstByteUs: firstByte } = summary.service;
  if (firstByte.count < FEWEST_ANSWERS) return [];
  const leastWaitUs = firstByte.min - handshake.p50;
  if (leastWaitUs < Math.max(FAR_LATER_US, FAR_SLOWER * handshake.p50)) return [];
  const isSharp = firstByte.p50 <= firstByte.min * NEAR_FLOOR;
  const isProxied = arm.via !== 'direct';
  if (isProxied && !isSharp) return [];
  const seen = `handshakes took ${formatTime(handshake.p50)} (median), but no first byte came within ${formatTime(firstByte.min)}`;
  const floor = isSharp
    ? `and half of them came by ${formatTime(firstByte.p50)}`
    : `and they spread (median ${formatTime(firstByte.p50)})`;
  return [
    {
      kind: 'pre-answered',
      arm: arm.name,
      confidence: isSharp && !isProxied ? 'medium' : 'low',
      handshakeUs: handshake.p50,
      firstByteUs: firstByte.min,
      count: firstByte.count,
      text: `${seen}, ${floor}; a port that should refuse shows whether the far end itself answers the handshakes (closed-port)`,
    },
  ];
}

function formatTime(us: number): string {
  return us < 1_000 ? `${us} us` : `${Math.round(us / 1_000)} ms`;
}
