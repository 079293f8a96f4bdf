import { acceptQueue } from './accept-queue.ts';
import { ageLimit } from './age-limit.ts';
import { badEndpoint } from './bad-endpoint.ts';
import { clientIdentity } from './client-identity.ts';
import { deadPath } from './dead-path.ts';
import { dscpPolicer } from './dscp-policer.ts';
import { earlyReuse } from './early-reuse.ts';
import { farBreaks } from './far-breaks.ts';
import { farGone } from './far-gone.ts';
import { fixedWait } from './fixed-wait.ts';
import { heldByFirewall } from './held-by-firewall.ts';
import { idleForgotten } from './idle-forgotten.ts';
import { longPath } from './long-path.ts';
import { loss } from './loss.ts';
import { lossAfter } from './loss-after.ts';
import { mtuBlackHole } from './mtu-black-hole.ts';
import { natNearlyFull } from './nat-nearly-full.ts';
import { natPorts } from './nat-ports.ts';
import { openLimit } from './open-limit.ts';
import { outage } from './outage.ts';
import { preAnswered, serviceListens } from './pre-answered.ts';
import { probe } from './probe.ts';
import { rateLimit } from './rate-limit.ts';
import { rejectByPolicy } from './reject-by-policy.ts';
import { resetInjected } from './reset-injected.ts';
import { serviceDown } from './service-down.ts';
import { stateTableFull } from './state-table.ts';
import { synFlood } from './syn-flood.ts';
import type { Cause } from './types.ts';
import { windowLimit } from './window-limit.ts';

/** Every cause that is known, each in a file of its own. */
export const CAUSES = [
  ...[
    earlyReuse,
    heldByFirewall,
    natPorts,
    natNearlyFull,
    openLimit,
    stateTableFull,
    rateLimit,
    windowLimit,
    synFlood,
  ],
  ...[loss, lossAfter, outage, acceptQueue, badEndpoint, deadPath, clientIdentity, longPath, probe],
  ...[serviceDown, rejectByPolicy, resetInjected, farBreaks],
  ...[preAnswered, serviceListens],
  ...[idleForgotten, ageLimit, farGone],
  ...[mtuBlackHole, dscpPolicer, fixedWait],
] as const satisfies readonly Cause[];

export type CauseId = (typeof CAUSES)[number]['id'];
