import type { SeriesCounts } from '../metrics/types.ts';
import type { Arm } from '../scenario/types.ts';
import { ascendingOf, type CountsByValue, nearestRank } from './nearest-rank.ts';
import { countHeld } from './port-seconds.ts';
import type { SeriesTally } from './tally.ts';
import type { ArmSummary, PortSpread } from './types.ts';

/**
 * For how long a NAT is assumed to keep a port after its connection has ended, seconds. 30: PAT on Cisco ASA (timeout xlate
 * of its dynamic PAT). 120: Linux (nf_conntrack_tcp_timeout_time_wait) and Google's Cloud NAT. RFC 9293 section 3.6.1 has
 * hosts wait for twice the segment lifetime, 240 s; no firewall known here does.
 */
export const KEPT_SEC = { held30s: 30, held120s: 120 } as const;

/** What browsers take of a NAT, and what a page costs; empty for other arms and for runs from before this was recorded. */
export function summariseBrowsing(
  { load }: Arm,
  { counts, ports }: SeriesTally,
): Pick<ArmSummary, 'browsing' | 'ports'> {
  const { browsing, usersByOpen = {} } = counts;
  if (load.kind !== 'browsers' || browsing === undefined || ports === undefined) return {};
  const users = Object.entries(usersByOpen).map(([open, times]) => [Number(open), times] as const);
  const held = (keptSec: number): PortSpread => spreadOf(countHeld(ports, keptSec));
  return {
    browsing: summarisePages(counts, browsing),
    ports: {
      users: load.browsers,
      perUser: spreadOf(new Map(users)),
      open: held(0),
      held30s: held(KEPT_SEC.held30s),
      held120s: held(KEPT_SEC.held120s),
    },
  };
}

function summarisePages(
  { started, challenges, recovered, frozen, unresolved }: Readonly<SeriesCounts>,
  { pages = 0, pagesFailed = 0, withoutRequest = 0, stalledSyns = 0 }: NonNullable<SeriesCounts['browsing']>,
): NonNullable<ArmSummary['browsing']> {
  const stalled = recovered + frozen + unresolved;
  return {
    ...{ pages, pagesFailed },
    connectionsPerPage: perPage(started, pages),
    challengesPerPage: perPage(challenges, pages),
    connectionsWithoutRequest: withoutRequest,
    ...(stalledSyns === 0 || stalled === 0 ? {} : { synsPerStall: round(stalledSyns / stalled) }),
  };
}

function perPage(count: number, pages: number): number {
  return pages === 0 ? 0 : round(count / pages);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function spreadOf(counts: CountsByValue): PortSpread {
  const ascending = ascendingOf(counts);
  const all = ascending.reduce((sum, [, count]) => sum + count, 0);
  return {
    p50: nearestRank(ascending, Math.ceil(all * 0.5)),
    p90: nearestRank(ascending, Math.ceil(all * 0.9)),
    max: ascending.at(-1)?.[0] ?? 0,
  };
}
